import type { SignIn } from './entry.ts'

/** How long before the end of the grace a refresh token is no longer sent: a request may take its time. */
export const MARGIN_MS = 2_500
/** How old a request of another tab must be before a tab without a lock sends one. */
const OTHERS_REQUEST_MS = 30_000

/** When this tab sent a refresh token. */
export interface SentRequests {
  readonly firstAtMs: number
  readonly lastAtMs: number
}

interface Situation {
  /** Whether the access token is of no use any more. */
  readonly isOver: boolean
  readonly hasLock: boolean
  readonly sent: SentRequests | undefined
}

/**
 * Whether a tab may send the refresh token now. A token that was sent before may have been used: inside the grace the server
 * accepts it again, after it the token would be taken for a stolen one, so it is sent only when nothing is left to lose.
 */
export function maySendNow(signIn: SignIn, { isOver, hasLock, sent }: Situation): boolean {
  const { sentAt, graceMs } = signIn
  if (sentAt === undefined) return true
  const sinceLastMs = ageOf(sent ? sent.lastAtMs : sentAt)
  const isOwn = hasLock || sent?.firstAtMs === sentAt
  if (sinceLastMs >= 0 && sinceLastMs < graceMs / 3) return false
  if (isInWindow(signIn)) return isOwn
  return isOver && (isOwn || ageOf(sentAt) < 0 || ageOf(sentAt) >= OTHERS_REQUEST_MS)
}

/** Whether the server still accepts a refresh token that was sent before, and will after some milliseconds. */
export function isInWindow({ sentAt = Number.POSITIVE_INFINITY, graceMs }: SignIn, aheadMs = 0): boolean {
  return ageOf(sentAt) >= 0 && ageOf(sentAt) + aheadMs < graceMs - MARGIN_MS
}

/** How long ago something was, by the clock; negative if the clock was set back. */
export function ageOf(atMs: number): number {
  return Date.now() - atMs
}

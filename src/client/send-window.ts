import type { SignIn } from './entry.ts'

/** How long before the end of the grace a refresh token is no longer sent: a request may take its time. */
export const MARGIN_MS = 2_500
/** How old a request of another tab must be before a tab without a lock sends one. */
const OTHERS_REQUEST_MS = 30_000

interface Situation {
  readonly signIn: SignIn
  /** Whether the access token is of no use any more. */
  readonly isOver: boolean
  readonly hasLock: boolean
  /** When this tab sent the refresh token; undefined if it did not. */
  readonly own: { readonly firstAtMs: number; readonly lastAtMs: number } | undefined
}

/**
 * Whether a tab may send the refresh token now. A token that was sent before may have been used: inside the grace the server
 * accepts it again, after it the token would be taken for a stolen one, so it is sent only when nothing is left to lose.
 */
export function maySendNow({ signIn, isOver, hasLock, own }: Situation): boolean {
  const { sentAt, graceMs } = signIn
  if (sentAt === undefined) return true
  if (own && ageOf(own.lastAtMs) >= 0 && ageOf(own.lastAtMs) < graceMs / 3) return false
  const isOurs = hasLock || own?.firstAtMs === sentAt
  if (isInWindow(signIn)) return isOurs && ageOf(sentAt) >= graceMs / 3
  return isOver && (isOurs || ageOf(sentAt) < 0 || ageOf(sentAt) >= OTHERS_REQUEST_MS)
}

/** Whether the server still accepts a refresh token that was sent before. */
export function isInWindow({ sentAt, graceMs }: SignIn, aheadMs = 0): boolean {
  if (sentAt === undefined) return false
  const ageMs = ageOf(sentAt)
  return ageMs >= 0 && ageMs + aheadMs < graceMs - MARGIN_MS
}

/** How long until this tab may repeat its request; undefined if it is too late then. */
export function repeatDelayMs(signIn: SignIn, lastAtMs: number | undefined): number | undefined {
  const delayMs = lastAtMs === undefined ? 0 : Math.max(signIn.graceMs / 3 - ageOf(lastAtMs), 0)
  return isInWindow(signIn, delayMs) ? delayMs : undefined
}

function ageOf(atMs: number): number {
  return Date.now() - atMs
}

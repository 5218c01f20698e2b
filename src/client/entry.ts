import { TRPCClientError } from '@trpc/client'

import type { IssuedToken, TokenPair } from '../issue/token-router-types.ts'

/** A sign-out, or the place of a sign-in in the order of all sign-ins and sign-outs. */
export interface SignOut {
  /** When it was asked for, in milliseconds since 1970. */
  readonly since: number
  readonly name: string
  /** How often the tokens were renewed. */
  readonly renewals: number
}

/** The tokens of an answer, by this device's clock. */
export interface Tokens {
  readonly token: string
  readonly refreshToken?: string | undefined
  /** When the access token expires, in milliseconds since 1970. */
  readonly endsAt: number
  /** From when on it is renewed, in milliseconds since 1970. */
  readonly dueAt: number
  /** How long the server accepts a refresh token again after its first use. */
  readonly graceMs: number
}

/** A sign-in and its tokens. */
export interface SignIn extends SignOut, Tokens {
  /** The path of the token router that answered. */
  readonly router: string
  /** When the refresh token was first sent, in milliseconds since 1970. */
  readonly sentAt?: number | undefined
}

/** What is kept in the storage. */
export type Entry = SignIn | SignOut

const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/
/** What can be sent in a header (RFC 6750, section 2.1). */
const BEARER = /^[\w.~+/-]+=*$/
const MAX_TOKEN_LENGTH = 16 * 1_024
const MAX_AHEAD_MS = 400 * 24 * 3_600_000
/** When a token expires that never does. JSON knows no infinity. */
const NEVER = Number.MAX_SAFE_INTEGER

type Answer = IssuedToken & Partial<TokenPair>

/** The entry of a tab that has never heard of a sign-in. */
export const NOTHING: SignOut = { since: 0, name: '', renewals: 0 }

/** Whether an entry is a sign-in, with tokens. */
export function isSignIn(entry: Entry): entry is SignIn {
  return 'token' in entry
}

/** Whether an entry is newer than another one. Of two that differ only in `sentAt`, the earlier request counts. */
export function isNewer(entry: Entry, other: Entry): boolean {
  const theirs = placeOf(other)
  const differing = placeOf(entry).findIndex((part, i) => part !== theirs[i])
  return differing >= 0 && placeOf(entry)[differing]! > theirs[differing]!
}

function placeOf({ since, name, renewals, ...rest }: Entry): readonly (number | string)[] {
  return [since, name, renewals, -((rest as Partial<SignIn>).sentAt ?? Number.POSITIVE_INFINITY)]
}

/** The end of a sign-in, which no renewal of it can undo. */
export function endOf({ since, name }: Entry): SignOut {
  return { since, name, renewals: Number.MAX_SAFE_INTEGER }
}

/** Returns a name for a sign-in. It is random, and not a secret. */
export function randomName(): string {
  return Math.random().toString(36).slice(2) || 'x'
}

/**
 * Returns the tokens of an answer. Their lifetime counts from now, because the clocks of device and server may differ. It is
 * one second shorter, because a token's times are rounded down to whole seconds. The token is renewed earlier than the server
 * asks a socket to reconnect (a quarter or 30 s ahead), and not by all clients at the same time.
 *
 * @throws {TRPCClientError} if the answer is not one of the token router
 */
export function tokensOf(answer: unknown): Tokens {
  const { token, refreshToken, expiresIn, grace = 0 } = Object(answer) as Answer
  const lifetimeMs = expiresIn === null ? Number.POSITIVE_INFINITY : Math.max(expiresIn - 1, 0) * 1_000
  const endsAt = Math.min(Date.now() + lifetimeMs, NEVER)
  const dueAt = endsAt - Math.min(lifetimeMs / 3, 45_000) - Math.random() * Math.min(lifetimeMs / 20, 15_000)
  const tokens = { token, refreshToken, endsAt, dueAt, graceMs: grace * 1_000 }
  if (!areTokens(tokens, BEARER)) throw new TRPCClientError('The server answered no token')
  return tokens
}

/** The answer that a server would give with these tokens now. */
export function answerOf({ token, refreshToken, endsAt, graceMs }: SignIn): IssuedToken | TokenPair {
  const expiresIn = endsAt === NEVER ? null : Math.max(Math.round((endsAt - Date.now()) / 1_000) + 1, 0)
  const issued: IssuedToken = { token, category: 'Bearer', expiresIn }
  return refreshToken === undefined ? issued : { ...issued, refreshToken, grace: graceMs / 1_000 }
}

/** Reads an entry from the text of a storage. Returns `null` if the text, which anybody may have written, is not a valid entry. */
export function parseEntry(text: string | null): Entry | null {
  try {
    const entry = JSON.parse(text ?? 'null') as Partial<SignIn> | null
    return entry && isEntry(entry) ? entry : null
  } catch {
    return null
  }
}

function isEntry(entry: Partial<SignIn>): entry is Entry {
  const { since, name, renewals, token, router, sentAt = 0 } = entry
  return (
    isCount(since) &&
    since < Date.now() + MAX_AHEAD_MS &&
    isCount(renewals) &&
    isText(name) &&
    (token === undefined || (areTokens(entry, JWT) && typeof router === 'string' && isCount(sentAt)))
  )
}

function areTokens(tokens: Partial<Record<keyof Tokens, unknown>>, pattern: RegExp): tokens is Tokens {
  const { token, refreshToken, endsAt, dueAt, graceMs } = tokens
  return (
    isText(token) &&
    pattern.test(token) &&
    (refreshToken === undefined || isText(refreshToken)) &&
    [endsAt, dueAt, graceMs].every(Number.isFinite)
  )
}

function isText(text: unknown): text is string {
  return typeof text === 'string' && text !== '' && text.length <= MAX_TOKEN_LENGTH
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** What the servers sign with and for; forgers know all of it but the passphrase, and some of them that too. */
export const [ISSUER, AUDIENCE] = ['https://soak.example.org', 'https://api.example.org']

/**
 * How long an access token lasts, in seconds. A client renews it when a third is left. That third is longer than a third of
 * the grace, so that a renewal which an outage swallowed is repeated before the token is over.
 */
export const LIFETIME = 24

/** How long a session lasts, in seconds: longer than any run. */
export const SESSION = 24 * 60 * 60

/** How long a rotation is forgiven, in seconds: longer than any outage, or a lost answer would sign its user out. */
export const GRACE = 20

/** The prefix of the keys in Redis. */
export const PREFIX = 'soak:'

/** An event happens whenever so many milliseconds have passed, whether somebody listens or not. */
export const EVENT_EVERY = 100

/** The number of the event that happened last. */
export const lastEvent = (): number => Math.floor(Date.now() / EVENT_EVERY)

/** What a user may do. */
export type Role = 'reader' | 'writer'

/** How long a role that changes stays, in milliseconds: longer than a token lasts. */
const ROLE_EVERY = 30_000

/** The role of a user at some time, in Unix milliseconds: all servers know it without asking anybody. */
export function roleAt(sub: string, at: number): Role {
  if (!sub.startsWith('role-')) return 'reader'
  const turn = Math.floor((at + Number(sub.at(-1)) * 7_000) / ROLE_EVERY)
  return turn % 2 === 0 ? 'reader' : 'writer'
}

/** Whom a token names. */
export interface Who {
  readonly sub: string
  readonly sid: string
}

/** What a server process is told when it starts. */
export interface ServerSettings {
  readonly port: number
  readonly redis: string
}

/** What is asked of a server process. */
export type Order = 'sample' | 'close'

/** What it says. */
export type Word =
  | { readonly type: 'listening' }
  | { readonly type: 'sample'; readonly heapUsed: number }
  | { readonly type: 'ran'; readonly call: string; readonly who: Who }
  | { readonly type: 'closed'; readonly sockets: number; readonly resources: readonly string[] }

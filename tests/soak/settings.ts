/** What the servers sign with and for; forgers know all of it but the passphrase, and some of them that too. */
export const [ISSUER, AUDIENCE] = ['https://soak.example.org', 'https://api.example.org']

/**
 * How long an access token lasts, in seconds. Token times are whole seconds: with less, a socket may be asked to reconnect
 * before its client finds a renewal due.
 */
export const LIFETIME = 10

/** How long a session lasts, in seconds: longer than any run. */
export const SESSION = 24 * 60 * 60

/** How long a rotation is forgiven, in seconds: longer than any outage, or a lost answer would sign its user out. */
export const GRACE = 60

/** The prefix of the keys in Redis. */
export const PREFIX = 'soak:'

/** An event happens whenever so many milliseconds have passed, whether somebody listens or not. */
export const EVENT_EVERY = 100

/** The number of the event that happened last. */
export const lastEvent = (): number => Math.floor(Date.now() / EVENT_EVERY)

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
  | { readonly type: 'closed'; readonly sockets: number; readonly resources: readonly string[] }

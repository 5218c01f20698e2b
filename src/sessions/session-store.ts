/**
 * Where sessions are kept: an allow list. A session that the store does not know is over, so that a store that was wiped
 * logs everybody out and lets nobody in.
 *
 * All times are the store's own clock's. A method that cannot do its work rejects. A `rotate` that has rejected, or has
 * not answered within 2 seconds, must not take effect later: it would make an honest retry look like reuse.
 */
export interface SessionStore {
  /** Begins a session, with its refresh token in generation 0. The session is over at `expiresAt`, whatever happens. */
  start(session: NewSession): Promise<void>
  /** Whether a session has begun and is not over. */
  isLive(sid: string): Promise<boolean>
  /**
   * Moves a session's refresh token on by one generation (refresh token rotation, RFC 9700 4.14.2). Atomic.
   *
   * Within `graceSeconds` of a rotation the previous and the current generation both answer the current one. After it the
   * current one rotates. Any other generation ends the session and answers `'reused'`. A session that is over or was never
   * begun answers `'ended'`.
   */
  rotate(sid: string, generation: number, graceSeconds: number): Promise<Rotation>
  /** Ends a session. One that is over already, or never was, is no error. */
  end(sid: string): Promise<void>
  /** Ends all sessions of a subject, but for the one named `except`. */
  endAll(sub: string, except?: string): Promise<void>
}

/** A session that is about to begin. */
export interface NewSession {
  /** Names the session: 128 random bits, base64url. */
  sid: string
  /** Whose it is. */
  sub: string
  /** When it ends, whatever happens. */
  expiresAt: Date
}

/** What came of a rotation: the generation that the next refresh token carries, or why there is none. */
export type Rotation = { generation: number } | 'reused' | 'ended'

/** How long a store may take to answer, in milliseconds. */
export const STORE_TIMEOUT_MS = 2_000

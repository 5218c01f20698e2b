/**
 * Keeps sessions. It is an allow list: a session that the store does not know is over, so a store that lost its data signs
 * everybody out and lets nobody in.
 *
 * All times are those of the store's own clock. A method rejects if it cannot do its work. A `rotate` that has rejected, or
 * has not answered within 2 seconds, must not take effect later: an honest retry would then look like reuse.
 */
export interface SessionStore {
  /** Starts a session, with its refresh token in generation 0. The session is over at `expiresAt` at the latest. */
  start(session: NewSession): Promise<void>
  /** Whether a session was started and is not over. */
  isLive(sid: string): Promise<boolean>
  /**
   * Moves a session's refresh token to the next generation (refresh token rotation, RFC 9700 4.14.2). Must be atomic.
   *
   * Within `graceSeconds` of a rotation, the previous and the current generation both return the current generation. After
   * it, the current generation rotates. Any other generation ends the session and returns `'reused'`. A session that is
   * over or was never started returns `'ended'`.
   */
  rotate(sid: string, generation: number, graceSeconds: number): Promise<Rotation>
  /** Ends a session. If it is over already, or was never started, this is no error. */
  end(sid: string): Promise<void>
  /** Ends all sessions of a subject, except the one named `except`. */
  endAll(sub: string, except?: string): Promise<void>
}

/** A session to start. */
export interface NewSession {
  /** The session's name: 128 random bits, base64url. */
  sid: string
  /** The subject that signed in. */
  sub: string
  /** When the session is over at the latest. */
  expiresAt: Date
}

/** The result of a rotation: the generation of the next refresh token, or why there is no next one. */
export type Rotation = { generation: number } | 'reused' | 'ended'

/** How long a store may take to answer, in milliseconds. */
export const STORE_TIMEOUT_MS = 2_000

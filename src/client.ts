export { createSession } from './client/session.ts'
export type { SessionLinkOptions } from './client/link.ts'
export type { AuthorizationHeaders, CreateSessionOptions, Session } from './client/session.ts'
export type { TokenStorage } from './client/tokens.ts'

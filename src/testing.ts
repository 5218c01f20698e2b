export { sessionStoreContract } from './sessions/session-store-contract.ts'
export type { SessionStoreCase } from './sessions/session-store-contract.ts'

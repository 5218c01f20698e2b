import type { StandardSchemaV1 } from '@standard-schema/spec'

import type { KeySource } from '../keys/key-source.ts'
import type { ExpectedClaims } from '../schema/expected-claims.ts'

/** What the check of a token's times depends on. */
export interface TimeConfig {
  readonly clockToleranceSeconds: number
  /** Whether a token must have `exp`. */
  readonly expRequired: boolean
  /** Returns the current time, in seconds since 1970. */
  readonly nowSeconds: () => number
}

/** What verification depends on. */
export interface VerifyConfig extends ExpectedClaims, TimeConfig {
  readonly keys: KeySource
  readonly claims: StandardSchemaV1 | undefined
  /** How many verified tokens are remembered. */
  readonly verifiedTokens: number
}

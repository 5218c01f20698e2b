/** A breakage of the client, as a text to find in one of its files, exactly once, and another in its place. */
export interface Mutation {
  /** The rule that it breaks. */
  readonly rule: number
  readonly what: string
  /** A file of `src/client`. */
  readonly file: string
  readonly find: string
  readonly replace: string
}

/** At least one for each rule. The simulation must find each of them. */
export const mutations: readonly Mutation[] = [
  {
    rule: 8,
    what: 'no pause after a renewal that failed',
    file: 'renewal.ts',
    find: 'else pausedUntil = startedAt + RETRY_PAUSE_MS',
    replace: '',
  },
]

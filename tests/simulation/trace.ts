/** What happened in one schedule. Times are those of the clock that nobody can set. */
export interface Trace {
  readonly calls: Call[]
  readonly runs: Run[]
  readonly events: Delivery[]
  readonly requests: Exchange[]
  readonly shown: Shown[]
  readonly stored: Stored[]
  readonly rotations: Rotation[]
  readonly starts: { readonly n: number | undefined; readonly sid: string; readonly sub: string }[]
  readonly endings: { readonly at: number; readonly sid: string; readonly by: string }[]
  /** Whatever makes a sign-out, or a difference between tabs, no fault of the client. */
  readonly excuses: { readonly at: number; readonly why: Excuse }[]
  /** The `connectionParams` of sockets. */
  readonly params: string[]
}

export type Excuse = 'odd text' | 'text that is no entry' | 'server clock' | 'device clock' | 'role'

/** A sign-in as a tab shows it. */
export interface SignIn {
  readonly id: string
  readonly sid: string | undefined
  readonly sub: string | undefined
}

/** A call that the app made. */
export interface Call {
  readonly n: number
  readonly tab: string
  readonly path: string
  readonly over: 'http' | 'socket'
  readonly at: number
  /** Whom the tab showed when the call was made. */
  readonly shown: SignIn | null
  /** Whose a call of nobody may be: those whom the storage named. */
  readonly named: Set<string>
  readonly user?: string
  settledAt?: number
  error?: unknown
  /** Whom the tab showed when the call had succeeded. */
  shownThen?: SignIn | null
}

/** A procedure that ran on the server. */
export interface Run {
  readonly n: number
  readonly at: number
  readonly sid: string | undefined
  readonly sub: string | undefined
}

/** An event of a subscription that reached the app. */
export type Delivery = Run

/** An HTTP request. */
export interface Exchange {
  readonly tab: string
  readonly server: string
  readonly path: string
  readonly at: number
  readonly calls: readonly number[]
  readonly authorization: string | undefined
  readonly text: string
  reachedAt?: number
  settledAt?: number
  /** `answered` also with a refusal; `silent` settles never. */
  outcome?: 'answered' | 'lost' | 'silent' | 'aborted' | 'busy'
  answer?: string
}

/** Whom a tab shows from now on. */
export interface Shown {
  readonly tab: string
  readonly at: number
  readonly signIn: SignIn | null
}

/** A write to the storage; without a tab, a stranger's. */
export interface Stored {
  readonly at: number
  readonly tab: string | undefined
  /** What the tab's view held. */
  readonly before: string | null
  readonly text: string | null
}

/** A refresh that reached the store. */
export interface Rotation {
  readonly at: number
  readonly sid: string
  readonly generation: number
  readonly result: number | string
}

export const createTrace = (): Trace => ({
  calls: [],
  runs: [],
  events: [],
  requests: [],
  shown: [],
  stored: [],
  rotations: [],
  starts: [],
  endings: [],
  excuses: [],
  params: [],
})

import { TRPCClientError } from '@trpc/client'
import type { AnyTRPCRouter } from '@trpc/server'

import { callSafely } from './call-safely.ts'
import { endOf, isNewer, isSignIn, NOTHING, parseEntry, randomName, type Entry, type SignIn } from './entry.ts'
import { createStorageExchange } from './storage-exchange.ts'
import type { TokenStorage } from './token-storage.ts'

/** The sign-in of this tab and of all tabs that share its storage. */
export interface SignInStore {
  readonly current: SignIn | null
  /** The name of the current sign-in; `null` if nobody is signed in. */
  readonly name: string | null
  /** Settles when a slow storage was read for the first time; undefined after that. */
  readonly loading: Promise<void> | undefined
  /** Reads the storage again, as another tab may have written. Undefined if that is done at once. */
  read(): Promise<void> | undefined
  /** As `read`, but a slow storage is not asked. */
  readIfFast(): void
  /** The time of a sign-in or sign-out that is asked for now: later than all that came before it. */
  nextSince(): number
  /** Whether nothing was asked for after that time, here or in another tab. */
  isLatest(since: number): boolean
  /** Takes over an entry, unless this tab or the storage has a newer one. `because` is why the calls of the former sign-in end. */
  offer(entry: Entry, because?: Error): Promise<void> | undefined
  signOut: () => Promise<void>
  /** The error for the calls of a sign-in that is over. */
  whyOver(name: string | null): TRPCClientError<AnyTRPCRouter>
  /** Calls a listener whenever the tokens change. Returns a function that removes the listener. */
  subscribe: (listener: () => void) => () => void
}

/** What is thrown to a call whose sign-in is no longer the current one. */
export function signInChanged(): TRPCClientError<AnyTRPCRouter> {
  return new TRPCClientError('The sign-in has changed')
}

/**
 * Makes the store. Its entry only grows (`isNewer`): whatever comes late, a tab takes over what is newer than its own entry,
 * and writes its own over what is older.
 */
export function createSignInStore(storage: TokenStorage | undefined, key: string): SignInStore {
  const listeners = new Set<() => void>()
  let entry: Entry = NOTHING
  let lastSince = 0
  /** A sign-in whose entry was removed stays in memory: other tabs took that for a sign-out, and would undo another write. */
  let removed: string | undefined
  let over: { name: string; because: Error } | undefined

  function adopt(next: Entry, because?: Error): void {
    const before = entry
    if (!isNewer(next, before)) return
    entry = next
    if (because) over = { name: before.name, because }
    if (tokenOf(before) === tokenOf(next)) return
    for (const listener of listeners) callSafely(listener)
  }

  const exchange = createStorageExchange({
    storage,
    key,
    wasRead(text, isGone, isSaving) {
      const stored = parseEntry(text)
      if (stored) adopt(stored)
      else if (isGone) adopt(endOf(entry))
      const isBehind = stored ? isNewer(entry, stored) : isSaving
      return isBehind && entry.name !== removed ? JSON.stringify(entry) : undefined
    },
    wasRemoved() {
      if (isSignIn(entry)) removed = entry.name
    },
  })

  function readIfFast(): void {
    if (!exchange.isSlow) void exchange.run()
  }

  function nextSince(): number {
    lastSince = Math.max(Date.now(), entry.since + 1, lastSince + 1)
    return lastSince
  }

  function isLatest(since: number): boolean {
    readIfFast()
    return since >= Math.max(lastSince, entry.since)
  }

  function offer(next: Entry, because?: Error): Promise<void> | undefined {
    readIfFast()
    adopt(next, because)
    return exchange.save(!isSignIn(entry))
  }

  return {
    get current() {
      return isSignIn(entry) ? entry : null
    },
    get name() {
      return isSignIn(entry) ? entry.name : null
    },
    get loading() {
      return exchange.loading
    },
    read: () => exchange.run(),
    readIfFast,
    nextSince,
    isLatest,
    offer,
    async signOut() {
      if (exchange.loading) await exchange.loading
      readIfFast()
      await offer({ since: nextSince(), name: randomName(), renewals: 0 })
    },
    whyOver(name) {
      return over !== undefined && over.name === name ? TRPCClientError.from(over.because) : signInChanged()
    },
    subscribe(listener) {
      const own = (): void => listener()
      listeners.add(own)
      return () => listeners.delete(own)
    },
  }
}

function tokenOf(entry: Entry): string | undefined {
  return isSignIn(entry) ? entry.token : undefined
}

import { TRPCClientError } from '@trpc/client'

import type { TokenPair } from '../issue/token-router-types.ts'

/** Where tokens are kept: `localStorage`, `sessionStorage`, or an asynchronous one such as React Native's `AsyncStorage`. */
export interface TokenStorage {
  getItem(key: string): string | null | Promise<string | null>
  setItem(key: string, value: string): unknown
  removeItem(key: string): unknown
}

/** The tokens that a client keeps. */
export interface Tokens {
  readonly token: string
  readonly refreshToken?: string
  /** When the access token expires by this device's clock, in milliseconds since 1970; `null` for never. */
  readonly endsAt: number | null
  /** The lifetime of the access token, in milliseconds; `null` if it never expires. */
  readonly lifetime: number | null
}

/** The tokens of one user, in this tab and its storage. */
export interface TokenStore {
  readonly current: Tokens | null
  /** Settles when the storage was read for the first time; undefined after that. */
  readonly loading: Promise<unknown> | undefined
  set(tokens: Tokens | null): Promise<void>
  /** Reads the storage again. Another tab may have written. */
  reload(): Promise<Tokens | null>
  subscribe(listener: () => void): () => void
}

/**
 * Returns the tokens of an answer. Their lifetime counts from now, because the clocks of device and server may differ. It is
 * one second shorter, because a token's times are rounded down to whole seconds.
 *
 * @throws {TRPCClientError} if the answer is not one of the token router
 */
export function tokensOf(answer: unknown): Tokens {
  if (!isAnswer(answer)) throw new TRPCClientError('The server answered no token')
  const { token, refreshToken, expiresIn } = answer
  const lifetime = expiresIn === null ? null : Math.max(expiresIn - 1, 0) * 1_000
  return { token, refreshToken, lifetime, endsAt: lifetime === null ? null : Date.now() + lifetime }
}

function isAnswer(answer: unknown): answer is TokenPair {
  if (typeof answer !== 'object' || answer === null) return false
  const { token, refreshToken, expiresIn } = answer as Partial<Record<keyof TokenPair, unknown>>
  return (
    typeof token === 'string' &&
    token !== '' &&
    (refreshToken === undefined || typeof refreshToken === 'string') &&
    (expiresIn === null || typeof expiresIn === 'number')
  )
}

/** Makes the store. If the storage throws (private mode, a full quota), the tokens are kept in memory. */
export function createTokenStore(given: TokenStorage | undefined, key: string): TokenStore {
  const listeners = new Set<() => void>()
  let storage = given
  let current: Tokens | null = null
  let changes = 0
  let writing: Promise<unknown> | undefined

  function adopt(text: string | null): void {
    const tokens = parse(text)
    if (tokens?.token === current?.token) return
    current = tokens
    for (const listener of listeners) notify(listener)
  }

  /** Tokens that were set while a slow storage was read are newer than its answer. */
  async function take(answer: Promise<string | null>): Promise<void> {
    const before = changes
    try {
      const text = await answer
      if (changes === before) adopt(text)
    } catch {
      storage = undefined
    }
  }

  async function reload(): Promise<Tokens | null> {
    await writing
    const asked = storage
    if (asked) await take((async () => asked.getItem(key))())
    return current
  }

  function load(): Promise<unknown> | undefined {
    try {
      const text = storage?.getItem(key) ?? null
      if (typeof text !== 'string' && text !== null) return take(text)
      adopt(text)
    } catch {
      storage = undefined
    }
    return undefined
  }

  /** A slow storage gets one write after another. Tokens that could not be replaced are removed. */
  async function write(text: string | null, earlier: Promise<unknown> | undefined): Promise<void> {
    if (earlier) await earlier
    try {
      if (text !== null && storage) {
        await storage.setItem(key, text)
        return
      }
    } catch {
      storage = undefined
    }
    try {
      await given?.removeItem(key)
    } catch {}
  }

  let loading = load()
  void loading?.finally(() => (loading = undefined))
  if (storage) {
    globalThis.addEventListener?.('storage', (event) => {
      const { key: changed, newValue, storageArea } = event
      if (changed !== key && changed !== null) return
      // Another area is not ours, or is wrapped by ours: then only the wrapper can read its text.
      if (storageArea && storageArea !== given) void reload()
      else adopt(newValue)
    })
  }

  return {
    get current() {
      return current
    },
    get loading() {
      return loading
    },
    async set(tokens) {
      const text = tokens && JSON.stringify(tokens)
      changes += 1
      adopt(text)
      const mine = write(text, writing)
      writing = mine
      await mine
      if (writing === mine) writing = undefined
    },
    reload,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** If a listener throws, that is reported, and the other listeners and the storage still get the change. */
function notify(listener: () => void): void {
  try {
    listener()
  } catch (error) {
    const report = (globalThis.reportError as typeof reportError | undefined) ?? console.error
    report(error)
  }
}

function parse(text: string | null): Tokens | null {
  try {
    const tokens = JSON.parse(text ?? 'null') as Partial<Tokens> | null
    return typeof tokens?.token === 'string' ? (tokens as Tokens) : null
  } catch {
    return null
  }
}

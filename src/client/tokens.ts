import { TRPCClientError } from '@trpc/client'

import type { TokenPair } from '../issue/token-router.ts'

/** Where tokens are kept: `localStorage`, `sessionStorage`, or an asynchronous one such as React Native's `AsyncStorage`. */
export interface TokenStorage {
  getItem(key: string): string | null | Promise<string | null>
  setItem(key: string, value: string): unknown
  removeItem(key: string): unknown
}

/** What a client keeps of an answer of the token router. */
export interface Tokens {
  readonly token: string
  readonly refreshToken?: string
  /** When the access token ends by this device's clock, in milliseconds since 1970; `null`: never. */
  readonly endsAt: number | null
  /** How long it lives, in milliseconds; `null`: for ever. */
  readonly lifetime: number | null
}

/** The tokens of one user, as this tab and its storage have them. */
export interface TokenStore {
  readonly current: Tokens | null
  /** Settles when the storage has been read for the first time; undefined once it has. */
  readonly loading: Promise<unknown> | undefined
  set(tokens: Tokens | null): Promise<void>
  /** What the storage holds now: another tab may have written. */
  reload(): Promise<Tokens | null>
  subscribe(listener: () => void): () => void
}

/**
 * The tokens of an answer, their lifetime counted from now: the device's clock need not agree with the server's. A second
 * less, since a token's times are whole seconds, rounded down.
 *
 * @throws {TRPCClientError} where the answer is none of the token router's
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

/** A storage that throws (private mode, a full quota) is done without: the tokens then live as long as the page. */
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

  /** What was set while a slow storage was being read is newer than what it answers. */
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

  /** A slow storage gets one write after the other. What could not be replaced there is taken away. */
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
      // Another area says nothing of ours, and one behind a wrapper not in our words.
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

/** What an app's listener throws is the app's: the others hear of the change all the same, and the storage too. */
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

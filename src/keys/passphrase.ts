import type { HmacAlgorithm } from './algorithms.ts'

/** A key needs as many bytes as its hash (RFC 7518 3.2). */
export const MINIMUM_BYTES: Readonly<Record<HmacAlgorithm, number>> = { HS256: 32, HS384: 48, HS512: 64 }

const MAKE_ONE = 'make one with: openssl rand -base64 48'
const FEWEST_DISTINCT = 10

/**
 * The key bytes of a passphrase: its UTF-8 text, as other JWT libraries take it, or a copy of the bytes given.
 *
 * @param name - what to call it in an error
 * @throws {TypeError} for what is no secret or a slip in a .env file (RFC 8725 3.5); the text never shows the value
 */
export function passphraseBytes(passphrase: unknown, name: string): Uint8Array<ArrayBuffer> {
  const problem = typeof passphrase === 'string' ? textProblem(passphrase) : bytesProblem(passphrase)
  if (problem !== undefined) throw new TypeError(`${name} ${problem}`)
  return typeof passphrase === 'string'
    ? new TextEncoder().encode(passphrase)
    : new Uint8Array(passphrase as Uint8Array)
}

function textProblem(text: string): string | undefined {
  if (text.trim() === '') return `is blank; ${MAKE_ONE}`
  if (text !== text.trim()) return 'has blanks at an edge, as a slip in a .env file leaves them; trim it'
  if (text.includes('-----BEGIN')) return `is a key in PEM form, and a passphrase is a shared secret; ${MAKE_ONE}`
  if (/\p{Cc}/u.test(text)) return 'has control characters; give printable text on one line, or bytes'
  if (/\p{Cs}/u.test(text)) return 'has lone surrogates; give binary secrets as a Uint8Array'
  return bytesProblem(new TextEncoder().encode(text)) ?? varietyProblem(new Set(text))
}

function bytesProblem(bytes: unknown): string | undefined {
  if (bytes === undefined) return `is undefined: is the environment variable set? If not, ${MAKE_ONE}`
  if (!(bytes instanceof Uint8Array))
    return `must be text or a Uint8Array; got ${bytes === null ? 'null' : typeof bytes}`
  if (bytes.length < MINIMUM_BYTES.HS256) {
    return `has ${bytes.length} bytes, and HS256 needs ${MINIMUM_BYTES.HS256} or more (RFC 7518 3.2); ${MAKE_ONE}`
  }
  return varietyProblem(new Set(bytes))
}

function varietyProblem(distinct: ReadonlySet<unknown>): string | undefined {
  return distinct.size < FEWEST_DISTINCT
    ? `has fewer than ${FEWEST_DISTINCT} distinct characters; ${MAKE_ONE}`
    : undefined
}

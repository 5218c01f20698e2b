import type { HmacAlgorithm } from './algorithms.ts'

/** The least length of a passphrase in bytes: that of the hash (RFC 7518 3.2). */
export const MINIMUM_BYTES: Readonly<Record<HmacAlgorithm, number>> = { HS256: 32, HS384: 48, HS512: 64 }

const MAKE_ONE = 'make one with: openssl rand -base64 48'
const MINIMUM_DISTINCT = 10

/**
 * Returns the key bytes of a passphrase: the UTF-8 bytes of a string, as other JWT libraries use it, or a copy of bytes.
 *
 * @param name - the option's name, which begins the error
 * @throws {TypeError} for a passphrase that is too weak or a mistake in a .env file (RFC 8725 3.5); never shows the value
 */
export function passphraseBytes(passphrase: unknown, name: string): Uint8Array<ArrayBuffer> {
  const problem = typeof passphrase === 'string' ? stringProblem(passphrase) : bytesProblem(passphrase)
  if (problem !== undefined) throw new TypeError(`${name} ${problem}`)
  return typeof passphrase === 'string'
    ? new TextEncoder().encode(passphrase)
    : new Uint8Array(passphrase as Uint8Array)
}

function stringProblem(text: string): string | undefined {
  if (text.trim() === '') return `is blank; ${MAKE_ONE}`
  if (text !== text.trim()) return 'begins or ends with white space, perhaps a mistake in a .env file; trim it'
  if (text.includes('-----BEGIN')) return `is a key in PEM format; a passphrase is a shared secret; ${MAKE_ONE}`
  if (/\p{Cc}/u.test(text)) return 'contains control characters; use printable text on one line, or bytes'
  if (/\p{Cs}/u.test(text)) return 'contains lone surrogates; pass a binary secret as a Uint8Array'
  return bytesProblem(new TextEncoder().encode(text)) ?? varietyProblem(new Set(text))
}

function bytesProblem(bytes: unknown): string | undefined {
  if (bytes === undefined) return `is undefined; set the environment variable, or ${MAKE_ONE}`
  if (!(bytes instanceof Uint8Array))
    return `must be a string or a Uint8Array; got ${bytes === null ? 'null' : typeof bytes}`
  if (bytes.length < MINIMUM_BYTES.HS256) {
    return `has ${bytes.length} bytes; HS256 needs ${MINIMUM_BYTES.HS256} or more (RFC 7518 3.2); ${MAKE_ONE}`
  }
  return varietyProblem(new Set(bytes))
}

function varietyProblem(distinct: ReadonlySet<unknown>): string | undefined {
  return distinct.size < MINIMUM_DISTINCT
    ? `has fewer than ${MINIMUM_DISTINCT} distinct characters; ${MAKE_ONE}`
    : undefined
}

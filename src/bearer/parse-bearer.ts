/** The longest token that is looked at, in characters: 8 KiB. Anything longer is refused before it is decoded. */
export const MAX_TOKEN_LENGTH = 8192

const MAX_LENGTH = 'Bearer '.length + MAX_TOKEN_LENGTH

/** What an `Authorization` value amounts to, unverified. */
export interface ParsedBearer {
  /**
   * `missing`: no credentials, or those of another scheme. `malformed`: not one well-formed bearer token.
   * `present`: a token that nobody has verified yet.
   */
  readonly status: 'missing' | 'malformed' | 'present'
  /** The token text where `status` is `present`. */
  readonly token?: string
}

/** Reads the values of `Authorization` that a request carries (RFC 6750 2.1): one bearer token, or it is none. */
export function parseBearer([value, ...others]: readonly unknown[]): ParsedBearer {
  if (others.length > 0) return { status: 'malformed' }
  if (value === undefined || value === '') return { status: 'missing' }
  if (typeof value !== 'string') return { status: 'malformed' }
  const token = value.length > MAX_LENGTH ? undefined : /^bearer +([\w.-]+)$/i.exec(value)?.[1]
  if (token !== undefined) return { status: 'present', token }
  const start = value.slice(0, MAX_LENGTH)
  return { status: isBearerScheme(start) || hidesBearer(start) ? 'malformed' : 'missing' }
}

/** The scheme ends where the letters of a token (RFC 9110 5.6.2) end: `Bearers` is another scheme, `Bearer,` is a broken one. */
const isBearerScheme = (value: string): boolean => /^\s*bearer(?![\w!#$%&'*+.^`|~-])/i.test(value)

/** Fetch joins repeated headers with a comma: a bearer token behind credentials of another scheme (RFC 9110 5.3). */
const hidesBearer = (value: string): boolean => /,\s*bearer(?![\w!#$%&'*+.^`|~-])/i.test(value)

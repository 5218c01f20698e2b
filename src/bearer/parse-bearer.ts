/** The longest token that is accepted, in characters (8 KiB). Longer ones are rejected before they are decoded. */
export const MAX_TOKEN_LENGTH = 8192

const MAX_VALUE_LENGTH = 'Bearer '.length + MAX_TOKEN_LENGTH

/** A parsed, unverified `Authorization` header. */
export interface ParsedBearer {
  /**
   * `missing`: no credentials, or credentials of another scheme. `malformed`: not exactly one well-formed bearer token.
   * `present`: one token, not verified yet.
   */
  readonly status: 'missing' | 'malformed' | 'present'
  /** The token, where `status` is `present`. */
  readonly token?: string
}

/** Parses the `Authorization` values of a request (RFC 6750 2.1), which must contain exactly one bearer token. */
export function parseBearer([value, ...others]: readonly unknown[]): ParsedBearer {
  if (others.length > 0) return { status: 'malformed' }
  if (value === undefined || value === '') return { status: 'missing' }
  if (typeof value !== 'string') return { status: 'malformed' }
  const token = value.length > MAX_VALUE_LENGTH ? undefined : /^bearer +([\w.-]+)$/i.exec(value)?.[1]
  if (token !== undefined) return { status: 'present', token }
  const start = value.slice(0, MAX_VALUE_LENGTH)
  return { status: isBearerScheme(start) || hasBearerAfterComma(start) ? 'malformed' : 'missing' }
}

/** `Bearers` is another scheme; `Bearer,` is malformed, because a comma cannot be part of a scheme's name (RFC 9110 5.6.2). */
const isBearerScheme = (value: string): boolean => /^\s*bearer(?![\w!#$%&'*+.^`|~-])/i.test(value)

/** Fetch joins repeated headers with a comma, so a bearer token may follow credentials of another scheme (RFC 9110 5.3). */
const hasBearerAfterComma = (value: string): boolean => /,\s*bearer(?![\w!#$%&'*+.^`|~-])/i.test(value)

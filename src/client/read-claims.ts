import type { Claims } from '../verify/claim-types.ts'

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Returns the claims of a token, not verified; `null` if it has none. Needs nothing that React Native lacks. */
export function readClaims<ClaimsOut>(token: string): Claims<ClaimsOut> | null {
  try {
    const claims: unknown = JSON.parse(decode(token.split('.')[1] ?? ''))
    return typeof claims === 'object' && claims !== null ? (Object.freeze(claims) as Claims<ClaimsOut>) : null
  } catch {
    return null
  }
}

/** The session of a refresh token; undefined if it names none. */
export function sidOf(token: unknown): unknown {
  return typeof token === 'string' ? readClaims(token)?.sid : undefined
}

/** Decodes base64url (RFC 4648, section 5) of UTF-8. */
function decode(text: string): string {
  let escaped = ''
  let bits = 0
  let value = 0
  for (const letter of text) {
    const index = LETTERS.indexOf(letter)
    if (index < 0) throw new RangeError(letter)
    value = ((value << 6) | index) & 0xfff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    escaped += `%${((value >> bits) & 0xff).toString(16).padStart(2, '0')}`
  }
  return decodeURIComponent(escaped)
}

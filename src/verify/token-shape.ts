const LETTER = '[\\w-]'
/** Written out, because the counted form `{4}` takes twice as long. */
const GROUP = LETTER.repeat(4)
const SEGMENT = `(?=${LETTER})(?:${GROUP})*(?:${LETTER}[AQgw]|${LETTER}${LETTER}[AEIMQUYcgkosw048])?`
const COMPACT = new RegExp(`^${SEGMENT}\\.${SEGMENT}\\.${SEGMENT}$`)

/**
 * Whether a string is three segments of canonical base64url: no padding, no white space, no unused bits (RFC 7515 2, RFC 4648
 * 3.5). Otherwise one signature would be valid for several strings, and an unsigned token would look like a token.
 */
export const isCanonicalJwt = (text: string): boolean => COMPACT.test(text)

const LETTER = '[\\w-]'
/** Written out: counted, as `{4}`, it would take twice as long. */
const GROUP = LETTER.repeat(4)
const SEGMENT = `(?=${LETTER})(?:${GROUP})*(?:${LETTER}[AQgw]|${LETTER}${LETTER}[AEIMQUYcgkosw048])?`
const COMPACT = new RegExp(`^${SEGMENT}\\.${SEGMENT}\\.${SEGMENT}$`)

/**
 * Whether a text is three segments of canonical base64url: no padding, no blanks, no unused bits (RFC 7515 2, RFC 4648 3.5).
 *
 * Without this, one signature would vouch for several texts, and an unsigned token would look like a token.
 */
export const isCanonicalJwt = (text: string): boolean => COMPACT.test(text)

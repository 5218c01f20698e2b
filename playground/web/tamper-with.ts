const encode = (text: string): string => btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')

const decode = (part: string): string => atob(part.replaceAll('-', '+').replaceAll('_', '/'))

type Parts = [header: string, payload: string, signature: string]

const partsOf = (token: string): Parts => {
  const [header = '', payload = '', signature = ''] = token.trim().split('.')
  return [header, payload, signature]
}

/** Sets members of a part. A part that is not JSON stays as it is. */
function change(part: string, changes: object): string {
  try {
    return encode(JSON.stringify({ ...(JSON.parse(decode(part)) as object), ...changes }))
  } catch {
    return part
  }
}

/** Replaces one character in the middle of the signature. */
export function flipCharacter(token: string): string {
  const [header, payload, signature] = partsOf(token)
  const at = Math.floor(signature.length / 2)
  return `${header}.${payload}.${signature.slice(0, at)}${signature[at] === 'A' ? 'B' : 'A'}${signature.slice(at + 1)}`
}

/** Claims that the token needs no signature (RFC 8725 2.1). */
export function changeAlgorithm(token: string): string {
  const [header, payload, signature] = partsOf(token)
  return [change(header, { alg: 'none' }), payload, signature].join('.')
}

/** Adds more scopes. */
export function changeClaim(token: string): string {
  const [header, payload, signature] = partsOf(token)
  return [header, change(payload, { scope: 'notes:read notes:write notes:admin' }), signature].join('.')
}

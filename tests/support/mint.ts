import { createHmac } from 'node:crypto'

/** 64 bytes: long enough for every algorithm. */
export const PASSPHRASE = 'correct horse battery staple, and sixty-four bytes are enough 4U'

const hashes = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' } as const

/** Signs any header and payload text with node's own HMAC, as an attacker who knows nothing but the format would lay it out. */
export function mintText(
  header: string | Uint8Array,
  payload: string | Uint8Array,
  passphrase: string | Uint8Array = PASSPHRASE,
): string {
  const input = `${Buffer.from(header).toString('base64url')}.${Buffer.from(payload).toString('base64url')}`
  const alg = /"alg"\s*:\s*"(HS\d+)"/.exec(Buffer.from(header).toString())?.[1] ?? 'HS256'
  const hash = hashes[alg as keyof typeof hashes] ?? 'sha256'
  return `${input}.${createHmac(hash, passphrase).update(input).digest('base64url')}`
}

/** Signs a good access token's claims with whatever is put on top of them; `undefined` takes a claim away. */
export function mint(
  claims: Record<string, unknown> = {},
  { header = {}, passphrase = PASSPHRASE }: { header?: Record<string, unknown>; passphrase?: string | Uint8Array } = {},
): string {
  const now = Math.floor(Date.now() / 1000)
  const payload = { sub: 'ann', iat: now, exp: now + 60, ...claims }
  return mintText(JSON.stringify({ alg: 'HS256', typ: 'at+jwt', ...header }), JSON.stringify(payload), passphrase)
}

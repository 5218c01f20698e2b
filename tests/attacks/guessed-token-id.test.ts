import { decodeJwt } from 'jose'
import { createJwtTrivial } from 'trpc-jwt-trivial'
import { expect, test } from 'vitest'

import { PASSPHRASE } from '../support/mint.ts'

const jwt = createJwtTrivial({ passphrase: PASSPHRASE, authorise: () => true })

test('10,000 tokens have 10,000 distinct jti, in which every bit takes both values', async () => {
  const tokens = await Promise.all(Array.from({ length: 10_000 }, () => jwt.createAccessToken({})))
  const ids = tokens.map((token) => Buffer.from(String(decodeJwt(token).jti), 'base64url'))
  expect(new Set(ids.map((id) => id.toString('hex'))).size).toBe(10_000)
  const all = Buffer.alloc(16)
  const common = Buffer.alloc(16, 0xff)
  for (const id of ids) {
    for (const [i, byte] of id.entries()) {
      all[i] = Number(all[i]) | byte
      common[i] = Number(common[i]) & byte
    }
  }
  expect(all).toEqual(Buffer.alloc(16, 0xff))
  expect(common).toEqual(Buffer.alloc(16, 0))
})

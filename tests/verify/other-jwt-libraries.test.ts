import { createJwtTrivial, type HmacAlgorithm } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'

import { call, invalid, refusal } from '../support/call.ts'
import {
  fastJwtLibrary,
  hasPyJwt,
  jsonwebtokenLibrary,
  pyJwtLibrary,
  type JwtLibrary,
  type Secret,
} from '../support/jwt-libraries.ts'
import { PASSPHRASE } from '../support/mint.ts'

const OTHER_PASSPHRASE = 'another horse, another battery, another staple, and 64 bytes too'
const FOREIGN_PASSPHRASE = 'pässwörter dürfen ümläute haben, 山田さん, und 🦊 – auch für HS512'
const claims = {
  sub: 'Zoë Øystein 山田',
  motto: 'naïve "🦊"\u2028</script>',
  teams: [{ name: 'rød' }, null, 0.1, true],
}

const secrets = (['HS256', 'HS384', 'HS512'] as const).flatMap((algorithm: HmacAlgorithm): Secret[] => [
  { algorithm, passphrase: PASSPHRASE },
  { algorithm, passphrase: FOREIGN_PASSPHRASE },
])

const issuerOf = ({ algorithm, passphrase }: Secret) =>
  createJwtTrivial({ passphrase, algorithm, algorithms: [algorithm], authorise: () => true })

const soon = () => ({ exp: Math.floor(Date.now() / 1000) + 60 })

const exchange = (library: JwtLibrary) => {
  test.each(secrets)('verifies ours: $algorithm, "$passphrase"', async (secret) => {
    const token = await issuerOf(secret).createAccessToken(claims)
    expect(library.verify(token, secret)).toMatchObject(claims)
  })

  test.each(secrets)('signs what we accept: $algorithm, "$passphrase"', async (secret) => {
    const token = library.sign({ ...claims, ...soon() }, secret)
    expect(await call(issuerOf(secret), token)).toMatchObject(claims)
  })

  test('is refused ours under another passphrase, or another algorithm', async () => {
    const token = await issuerOf({ algorithm: 'HS256', passphrase: PASSPHRASE }).createAccessToken(claims)
    expect(library.verify(token, { algorithm: 'HS256', passphrase: OTHER_PASSPHRASE })).toBeUndefined()
    expect(library.verify(token, { algorithm: 'HS512', passphrase: PASSPHRASE })).toBeUndefined()
  })

  test('is refused its own here under another passphrase, or another algorithm, or without exp', async () => {
    const secret: Secret = { algorithm: 'HS256', passphrase: PASSPHRASE }
    const jwt = issuerOf(secret)
    const sign = (changes: Partial<Secret>) => library.sign({ ...claims, ...soon() }, { ...secret, ...changes })
    expect(await refusal(jwt, sign({ passphrase: OTHER_PASSPHRASE }))).toEqual(invalid('bad_signature'))
    expect(await refusal(jwt, sign({ algorithm: 'HS512' }))).toEqual(invalid('malformed'))
    expect(await refusal(jwt, library.sign(claims, secret))).toEqual(invalid('invalid_claims'))
  })
}

describe('jsonwebtoken', () => {
  exchange(jsonwebtokenLibrary)
})

describe('fast-jwt', () => {
  exchange(fastJwtLibrary)
})

const skipsPyJwt = !hasPyJwt() && !process.env['CI']
if (skipsPyJwt) console.warn('PyJWT is not installed, so its tests are skipped: apt-get install python3-jwt')
describe.skipIf(skipsPyJwt)('PyJWT', () => {
  exchange(pyJwtLibrary)
})

import { expect, test } from 'vitest'

import { mint, PASSPHRASE } from '../support/mint.ts'

/** Stryker takes no notice of a file that fails before its first test: here a library that does not load fails a test. */
test('the library loads, and its instances take every option of a recipient', async () => {
  const { createJwtTrivial, createJwtVerifier } = await import('../../src/index.ts')
  const recipient = { issuer: 'https://id.example', audience: ['api', 'jobs'], subject: 'ann' }
  const jwt = createJwtTrivial({ passphrase: PASSPHRASE, authorise: () => true, ...recipient })
  const one = createJwtVerifier({ passphrase: PASSPHRASE, ...recipient, audience: 'api' })

  expect(await one.verify(await jwt.createAccessToken({}))).toMatchObject({ aud: ['api', 'jobs'] })
  expect(await createJwtVerifier({ passphrase: PASSPHRASE }).verify(mint())).toMatchObject({ sub: 'ann' })
  expect(() => jwt.protect({ optional: true })).not.toThrow()
})

test.each([
  ['audience', 'a non-empty string, or an array of them'],
  ['issuer', 'a non-empty string'],
  ['subject', 'a non-empty string'],
])('%s must be %s', async (name, must) => {
  const { createJwtVerifier } = await import('../../src/index.ts')
  expect(() => createJwtVerifier({ passphrase: PASSPHRASE, [name]: '' })).toThrow(`\`${name}\` must be ${must}`)
})

test('guards are known by one name to all copies of the package', async () => {
  const { GUARD } = await import('../../src/guard/protect.ts')
  expect(GUARD).toBe(Symbol.for('trpc-jwt-trivial.guard'))
})

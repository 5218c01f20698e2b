import { createJwtVerifier, type JwtVerifierOptions } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'

import { call, invalid, refusal } from '../support/call.ts'
import { mint, PASSPHRASE } from '../support/mint.ts'

const NOW = 1_800_000_000
const clock = () => new Date(NOW * 1000)
const verifier = (options: JwtVerifierOptions = {}) => createJwtVerifier({ passphrase: PASSPHRASE, clock, ...options })
const jwt = verifier()

/** A token that is valid apart from `claims`. */
const good = (claims: Record<string, unknown>) => mint({ iat: NOW, exp: NOW + 60, ...claims })

describe('iss', () => {
  const issued = verifier({ issuer: 'https://issuer.example' })

  test.each<[string, unknown]>([
    ['absent', undefined],
    ['another issuer', 'https://attacker.example'],
    ['longer', 'https://issuer.example.attacker.example'],
    ['shorter', 'https://issuer'],
    ['followed by a slash', 'https://issuer.example/'],
    ['in another letter case', 'https://ISSUER.example'],
    ['followed by a space', 'https://issuer.example '],
    ['an array', ['https://issuer.example']],
    ['an array with other issuers', ['https://attacker.example', 'https://issuer.example']],
    ['an object', { toString: 'https://issuer.example' }],
    ['null', null],
    ['an empty string', ''],
  ])('a token is rejected if its iss is %s', async (_what, iss) => {
    expect(await refusal(issued, good({ iss }))).toEqual(invalid('wrong_issuer'))
  })

  test('a token is accepted if its iss is exactly the configured issuer', async () => {
    expect(await call(issued, good({ iss: 'https://issuer.example' }))).toMatchObject({ iss: 'https://issuer.example' })
  })

  test('iss must be a string even if no issuer is configured', async () => {
    expect(await refusal(jwt, good({ iss: ['i'] }))).toEqual(invalid('invalid_claims'))
  })
})

describe('aud', () => {
  const meant = verifier({ audience: ['api', 'jobs'] })

  test.each<[string, unknown]>([
    ['absent', undefined],
    ['another audience', 'mail'],
    ['longer', 'api.example'],
    ['shorter', 'ap'],
    ['in another letter case', 'API'],
    ['both audiences in one string', 'api jobs'],
    ['an empty array', []],
    ['an array of other audiences', ['mail', 'API']],
    ['an array in an array', [['api']]],
    ['an array with a number', ['api', 1]],
    ['an array with null', ['api', null]],
    ['an object', { 0: 'api', length: 1 }],
    ['null', null],
    ['true', true],
    ['an empty string', ''],
  ])('a token is rejected if its aud is %s', async (_what, aud) => {
    expect(await refusal(meant, good({ aud }))).toEqual(invalid('wrong_audience'))
  })

  test('aud is accepted as a string or in an array', async () => {
    expect(await call(meant, good({ aud: 'jobs' }))).toMatchObject({ aud: 'jobs' })
    expect(await call(meant, good({ aud: ['mail', 'api'] }))).toMatchObject({ aud: ['mail', 'api'] })
  })

  test.each<[string, unknown]>([
    ['a string', 'api'],
    ['an empty string', ''],
    ['an empty array', []],
    ['null', null],
  ])('without a configured audience a token is rejected if its aud is %s', async (_what, aud) => {
    expect(await refusal(jwt, good({ aud }))).toEqual(invalid('wrong_audience'))
  })
})

test('a configured issuer or audience is compared as a string, not as a pattern', async () => {
  const pattern = verifier({ issuer: '.*', audience: '.*' })
  expect(await call(pattern, good({ iss: '.*', aud: '.*' }))).toMatchObject({ iss: '.*' })
  expect(await refusal(pattern, good({ iss: 'any', aud: '.*' }))).toEqual(invalid('wrong_issuer'))
  expect(await refusal(pattern, good({ iss: '.*', aud: 'any' }))).toEqual(invalid('wrong_audience'))
})

describe('sub, jti and sid', () => {
  test.each<[string, unknown]>([
    ['a number', 1],
    ['null', null],
    ['an array', ['ann']],
    ['an object', { id: 'ann' }],
    ['true', true],
  ])('a token is rejected if one of them is %s', async (_what, value) => {
    expect(await refusal(jwt, good({ sub: value }))).toEqual(invalid('invalid_claims'))
    expect(await refusal(jwt, good({ jti: value }))).toEqual(invalid('invalid_claims'))
    expect(await refusal(jwt, good({ sid: value }))).toEqual(invalid('invalid_claims'))
  })
})

import { expect, test } from 'vitest'

import { checkSuccession } from '../../src/guard/succession.ts'
import { JwtRejection } from '../../src/outcome/rejection.ts'

/** The token with a payload, as its JSON text. */
const tokenOf = (text: string) => ({
  text,
  payload: JSON.parse(text) as Record<string, unknown>,
  verifiedAtSeconds: 0,
  keyVersion: 0,
})

function reasonOf(opened: string, current: string): unknown {
  try {
    checkSuccession(tokenOf(opened), tokenOf(current))
    return undefined
  } catch (error) {
    return error instanceof JwtRejection ? error.reason : error
  }
}

const nested = (depth: number, core: string) => `{"sub":"ann","a":${'['.repeat(depth)}${core}${']'.repeat(depth)}}`

test.each<[what: string, ...(readonly [opened: string, current: string, reason: string | undefined])]>([
  ['a token is its own successor, whatever it says', '{}', '{}', undefined],
  [
    'what the library writes may change',
    '{"sub":"a","exp":1,"jti":"x"}',
    '{"jti":"y","nbf":7,"sub":"a","aud":"z"}',
    undefined,
  ],
  ['another session is another sign-in', '{"sub":"a","sid":"1"}', '{"sub":"a","sid":"2"}', 'revoked'],
  ['a session that came to be is another sign-in', '{"sub":"a"}', '{"sub":"a","sid":"2"}', 'revoked'],
  ['another subject of one session is another sign-in', '{"sub":"a","sid":"1"}', '{"sub":"b","sid":"1"}', 'revoked'],
  ['a session alone names a sign-in', '{"sid":"1","iat":1}', '{"sid":"1","iat":2}', undefined],
  ['nobody is not the same sign-in as nobody', '{"iat":1}', '{"iat":2}', 'revoked'],
  ['another sign-in counts before other claims', '{"sub":"a","x":1}', '{"sub":"b","x":2}', 'revoked'],
  ['a null is not an absent claim', '{"sub":"a","x":null}', '{"sub":"a"}', 'superseded'],
  ['a null is not an empty object', '{"sub":"a","x":null}', '{"sub":"a","x":{}}', 'superseded'],
  [
    'a claim of the library below the top is the app’s',
    '{"sub":"a","x":{"exp":1}}',
    '{"sub":"a","x":{"exp":2}}',
    'superseded',
  ],
  ['__proto__ is a claim', '{"sub":"a","x":{"__proto__":1}}', '{"sub":"a","x":{"y":1}}', 'superseded'],
  ['the same depth of nesting', nested(3_000, '1'), nested(3_000, '1 '), undefined],
  ['another value at any depth', nested(3_000, '1'), nested(3_000, '2'), 'superseded'],
])('%s', (_what, ...[opened, current, reason]) => {
  expect(reasonOf(opened, current)).toBe(reason)
})

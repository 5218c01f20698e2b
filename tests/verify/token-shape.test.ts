import { describe, expect, test } from 'vitest'

import { isCanonicalJwt } from '../../src/verify/token-shape.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The last letters of `length` that a segment may end in, found by node's own encoder. */
const canonicalEndings = (length: number) =>
  Array.from(ALPHABET).filter((letter) => {
    const segment = 'A'.repeat(length - 1) + letter
    return Buffer.from(segment, 'base64url').toString('base64url') === segment
  })

const acceptedEndings = (length: number) =>
  Array.from(ALPHABET).filter((letter) => isCanonicalJwt(`AAAA.AAAA.${'A'.repeat(length - 1)}${letter}`))

describe('isCanonicalJwt accepts', () => {
  test('three segments of whole groups', () => {
    expect(isCanonicalJwt('AAAA.BBBB.CCCC')).toBe(true)
  })

  test('every letter of base64url', () => {
    expect(isCanonicalJwt(`${ALPHABET}.${ALPHABET}.${ALPHABET}`)).toBe(true)
  })

  test('in a segment of two letters just those endings that leave four bits unset', () => {
    expect(canonicalEndings(2)).toHaveLength(4)
    expect(acceptedEndings(2)).toEqual(canonicalEndings(2))
  })

  test('in a segment of three letters just those endings that leave two bits unset', () => {
    expect(canonicalEndings(3)).toHaveLength(16)
    expect(acceptedEndings(3)).toEqual(canonicalEndings(3))
  })

  test('the same endings in the header and the payload', () => {
    expect(isCanonicalJwt('AQ.AAE.AA')).toBe(true)
    expect(isCanonicalJwt('AB.AAE.AA')).toBe(false)
    expect(isCanonicalJwt('AQ.AAB.AA')).toBe(false)
  })
})

describe('isCanonicalJwt refuses', () => {
  test.each([
    ['an empty string', ''],
    ['one segment', 'AAAA'],
    ['two segments', 'AAAA.AAAA'],
    ['four segments', 'AAAA.AAAA.AAAA.AAAA'],
    ['five segments, as a JWE has them', 'AAAA.AAAA.AAAA.AAAA.AAAA'],
    ['an empty header', '.AAAA.AAAA'],
    ['an empty payload', 'AAAA..AAAA'],
    ['an empty signature', 'AAAA.AAAA.'],
    ['a segment of one letter', 'AAAA.AAAA.A'],
    ['a segment of five letters', 'AAAA.AAAAA.AAAA'],
    ['padding', 'AAAA.AAAA.AA=='],
    ['a blank', 'AAAA.AA AA.AAAA'],
    ['a blank in front', ' AAAA.AAAA.AAAA'],
    ['a line end behind', 'AAAA.AAAA.AAAA\n'],
    ['a second line', 'AAAA.AAAA.AAAA\nAAAA.AAAA.AAAA'],
    ['letters of plain base64', 'AA+/.AAAA.AAAA'],
    ['a full-width letter', 'AAAＡ.AAAA.AAAA'],
    ['the Kelvin sign, which folds to k', 'AAA\u212A.AAAA.AAAA'],
    ['a NUL', 'AAAA.AAAA.AAA\0'],
  ])('%s', (_what, text) => {
    expect(isCanonicalJwt(text)).toBe(false)
  })
})

test('isCanonicalJwt takes time in proportion to the length, with a fault at the very end too', () => {
  const started = performance.now()
  expect(isCanonicalJwt(`AAAA.AAAA.${'A'.repeat(8192)}!`)).toBe(false)
  expect(performance.now() - started).toBeLessThan(50)
})

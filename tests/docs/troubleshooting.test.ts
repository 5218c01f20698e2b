import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { createJwtTrivial, createJwtVerifier, JwtRejection, rejectionTexts } from 'trpc-jwt-trivial'
import { describe, expect, it } from 'vitest'

import { fixedTexts, textsIn, trimmed } from '../support/fixed-texts.ts'
import { messageOf } from '../support/option-errors.ts'
import { root } from '../support/pack.ts'

const guide = readFileSync(join(root, 'docs/troubleshooting.md'), 'utf8')
const texts = fixedTexts()

describe('the texts of the library', () => {
  it('are all found in its sources', () => {
    const known = [
      ...Object.values(rejectionTexts),
      'retfunc failed',
      'must have a `kid`, a string of at most 256 characters',
      'is undefined; set the environment variable, or',
    ]
    expect(texts).toEqual(expect.arrayContaining(known))
    expect(texts.length).toBeGreaterThan(90)
  })

  it.each(texts)('can be searched for in the guide: %s', (text) => {
    expect(guide.includes(text)).toBe(true)
  })

  it('would be missed in the guide, were there another one', () => {
    const source = 'throw new TypeError(`${owner}: the moon is ${phase}, and no token is issued then`)'
    expect(textsIn(source)).toEqual(['the moon is', 'and no token is issued then'])
    expect(textsIn(source).some((text) => guide.includes(text))).toBe(false)
  })
})

describe('the reasons that only the server knows', () => {
  const source = readFileSync(join(root, 'src/outcome/rejection-reasons.ts'), 'utf8')
  const reasons = [...(/RejectionReason =([^]*?)\n\n/.exec(source)?.[1] ?? '').matchAll(/'(\w+)'/g)].map(String)

  it('all have an entry, or a text of their own', () => {
    expect(reasons.length).toBeGreaterThan(10)
    const told = Object.keys(rejectionTexts)
    const names = reasons.map((reason) => reason.split(',').at(-1) ?? '')
    expect(names.filter((name) => !told.includes(name) && !guide.includes(`\`${name}\``))).toEqual([])
    expect(guide).toContain(new JwtRejection('missing').message.replace('missing', '…'))
  })
})

const authorise = () => true

describe('a text as a reader copies it, from a start that failed', () => {
  it.each([
    ['no passphrase', () => createJwtTrivial({ passphrase: undefined, authorise })],
    ['a short one', () => createJwtTrivial({ passphrase: 'short', authorise })],
    ['an option of another name', () => createJwtTrivial({ authorize: authorise } as never)],
    [
      'no audience beside a key set',
      () => createJwtVerifier({ jwks: 'https://a.example', issuer: 'a', algorithms: ['RS256'] }),
    ],
  ])('%s', (_, make) => {
    const lines = messageOf(make)?.split('\n') ?? []
    expect(lines).not.toEqual([])
    for (const line of lines) expect(line).toSatisfy(isFound)
  })
})

/** Whether the guide has the longest pieces of a text, where numbers and names have been replaced. */
function isFound(line: string): boolean {
  const pieces = line.replace(/^create\w+: /, '').split(/\d+|`\w+`|got \w+/)
  return pieces.every((piece) => guide.includes(trimmed(piece)))
}

import { readdirSync, readFileSync } from 'node:fs'

import { expect, test } from 'vitest'

import { sourceFiles } from '../support/source-files.ts'

test('no page and no source file says that tokens signed with HMAC conform to RFC 9068', () => {
  const root = new URL('../../', import.meta.url)
  const named = readdirSync(root).filter((name) => name.endsWith('.md') || name === 'package.json')
  const pages = named.map((path) => ({ path, text: readFileSync(new URL(path, root), 'utf8') }))
  const sources = sourceFiles()
  const boasts = [...pages, ...sources].filter(({ text }) =>
    /RFC 9068[- ](?:conform|complian)|(?:conforms?|complies|compliant|conformant) (?:to|with) RFC 9068/i.test(text),
  )
  expect(sources.map(({ path }) => path)).toContain('src/issue/sign-token.ts')
  expect(boasts).toEqual([])
})

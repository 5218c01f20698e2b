import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { root } from '../support/pack.ts'

const read = (path: string) => readFileSync(join(root, path), 'utf8')
const [, section = ''] = read('docs/tested-on.md').split('\n## Adapters and frameworks\n')
const rows = section.match(/^\| (?!adapter|---).+$/gm) ?? []
const testsIn = (row: string) => [...row.matchAll(/\]\(([^)]+)\)/g)].map(([, path = '']) => join('docs', path))

describe('the table of adapters and frameworks', () => {
  it('has rows', () => {
    expect(rows.length).toBeGreaterThanOrEqual(10)
  })

  it.each(rows)('names tests that exist: %s', (row) => {
    expect(testsIn(row)).not.toEqual([])
    expect(testsIn(row).filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  it('leaves no adapter test out', () => {
    const adapters = readdirSync(join(root, 'tests/adapters')).filter((name) => name.endsWith('.test.ts'))
    const listed = new Set(rows.flatMap(testsIn))
    expect(adapters.filter((name) => !listed.has(`tests/adapters/${name}`))).toEqual([])
  })

  it.each([
    ['Express', 'express', 'package.json'],
    ['Fastify', 'fastify', 'package.json'],
    ['Hono', 'hono', 'package.json'],
    ['Next.js', 'next', 'tests/frameworks/next/package.json'],
  ])('has the release of %s that is tested', (title, name, manifest) => {
    const { dependencies, devDependencies } = JSON.parse(read(manifest)) as Record<string, Record<string, string>>
    const major = /\d+/.exec({ ...dependencies, ...devDependencies }[name] ?? '')?.[0]
    expect(rows.filter((row) => row.startsWith(`| ${title} ${major}`))).toHaveLength(1)
  })
})

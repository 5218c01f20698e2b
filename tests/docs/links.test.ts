import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'

import { describe, expect, it } from 'vitest'

import { root } from '../support/pack.ts'

const guides = readdirSync(join(root, 'docs'))
  .filter((name) => name.endsWith('.md'))
  .map((name) => join(root, 'docs', name))
const pages = [
  ...['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md'].map((name) => join(root, name)),
  ...guides,
]

/** Two screens, of 60 lines each, and a few. */
const MOST_LINES = 130

/** Without code, which may hold brackets of its own. */
const proseOf = (page: string): string => readFileSync(page, 'utf8').replace(/^```[^]*?^```$/gm, '')

const linksOf = (text: string): string[] => [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => String(target))

/** What a heading can be reached by, as GitHub has it. */
const anchorsOf = (page: string): string[] =>
  [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    String(heading)
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )

/** What is wrong with a link: undefined if it leads somewhere. */
function problemOf(page: string, target: string): string | undefined {
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? page : join(dirname(page), path)
  if (!existsSync(file)) return `${target}: there is no such file`
  if (anchor !== undefined && !anchorsOf(file).includes(anchor)) return `${target}: there is no such heading`
  return undefined
}

describe('the links', () => {
  it.each(pages.map((page) => relative(root, page)))('of %s lead somewhere', (name) => {
    const page = join(root, name)
    const targets = linksOf(proseOf(page)).filter((target) => !/^[a-z]+:/.test(target))
    expect(targets.flatMap((target) => problemOf(page, target) ?? [])).toEqual([])
  })

  it('to what is not there are noticed', () => {
    const page = join(root, 'README.md')
    expect(problemOf(page, 'docs/nowhere.md')).toBe('docs/nowhere.md: there is no such file')
    expect(problemOf(page, 'SECURITY.md#no-such')).toBe('SECURITY.md#no-such: there is no such heading')
    expect(problemOf(page, '#options')).toBeUndefined()
    expect(linksOf(proseOf(page)).length).toBeGreaterThan(10)
  })
})

describe('the map', () => {
  it('names every guide, and no guide twice', () => {
    const listed = linksOf(proseOf(join(root, 'docs/README.md'))).filter((target) => !target.startsWith('..'))
    const names = guides.map((page) => basename(page)).filter((name) => name !== 'README.md')
    expect(new Set(listed)).toEqual(new Set(names))
    expect(listed).toHaveLength(names.length)
  })

  it('is where the README sends its reader', () => {
    expect(linksOf(proseOf(join(root, 'README.md')))).toContain('docs/README.md')
  })
})

describe('a guide', () => {
  it.each(guides.map((page) => relative(root, page)))('%s is at most two screens long', (name) => {
    const shown = readFileSync(join(root, name), 'utf8').replace(/<!--[^]*?-->\n?/g, '')
    expect(shown.split('\n').length).toBeLessThanOrEqual(MOST_LINES)
  })
})

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { root } from '../support/pack.ts'
import { sourceFiles } from '../support/source-files.ts'

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const { exports } = JSON.parse(read('package.json')) as { exports: Record<string, unknown> }
const entries = Object.keys(exports)
  .filter((key) => !key.endsWith('.json'))
  .map((key) => `${key === '.' ? 'index' : key.slice(2)}.ts`)

const inSrc = readdirSync(join(root, 'src'), { withFileTypes: true })
const filesDirectly = inSrc.filter((entry) => entry.isFile()).map(({ name }) => name)
const folders = inSrc.filter((entry) => entry.isDirectory()).map(({ name }) => name)

describe('src', () => {
  it('has only the entries and the two factories outside its folders', () => {
    expect(entries).toContain('client.ts')
    expect(new Set(filesDirectly)).toEqual(new Set([...entries, 'create-jwt-trivial.ts', 'create-jwt-verifier.ts']))
  })

  it.each(entries)('only re-exports by name in %s', (entry) => {
    const statements = read(join('src', entry)).replace(/export (?:type )?\{[^}]+\} from '\.\/[^']+'\n/g, '')
    expect(statements).toBe('')
  })

  it('has files of at most 220 lines, half of them under 80', () => {
    const lengths = sourceFiles().map(({ text }) => text.split('\n').length - 1)
    expect(lengths.length).toBeGreaterThan(50)
    expect(Math.max(...lengths)).toBeLessThanOrEqual(220)
    expect(lengths.filter((length) => length < 80).length).toBeGreaterThan(lengths.length / 2)
  })

  it.each(folders)('has its folder %s explained in CONTRIBUTING.md, and tested in tests', (folder) => {
    expect(read('CONTRIBUTING.md')).toMatch(new RegExp(`^\\| \`${folder}/\` \\| .+\\. \\|`, 'm'))
    expect(readdirSync(join(root, 'tests'))).toContain(folder)
  })
})

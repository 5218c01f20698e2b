import { parseSync } from 'vite'

import { sourceFiles } from './source-files.ts'

/** What databases are told, and what the cases of the store's contract are called: nobody is shown those as an error. */
const NO_ERROR = /redis\.call\(|^\s*(?:create|insert|select|delete|with) |\n/
const CASES = 'src/sessions/session-store-contract.ts'

/** The fixed texts of the library, of two words or more: each literal, and each piece of a template between what varies. */
export const fixedTexts = (): string[] =>
  sourceFiles()
    .filter(({ path }) => path !== CASES)
    .flatMap(({ text }) => textsIn(text))

/** Those of one file. */
export function textsIn(source: string): string[] {
  const { program, errors } = parseSync('source.ts', source)
  if (errors.length > 0) throw new Error(`A source that cannot be read: ${errors[0]?.message}`)
  const texts = literalsIn(program).map(trimmed)
  return [...new Set(texts)].filter((text) => /[a-z].* .*[a-z]/i.test(text))
}

/** A piece of a text without what parts it from the next one. */
export const trimmed = (text: string): string => text.replace(/^[\s:;,]+|[\s:;,]+$/g, '')

function literalsIn(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(literalsIn)
  if (typeof node !== 'object' || node === null) return []
  const pieces = piecesOf(node)
  const own = NO_ERROR.test(pieces.join('…')) ? [] : pieces
  return [...own, ...Object.values(node).flatMap(literalsIn)]
}

function piecesOf(node: object): string[] {
  const { type, value, quasis } = node as { type?: unknown; value?: unknown; quasis?: { value: { cooked: string } }[] }
  if (type === 'Literal' && typeof value === 'string') return [value]
  return type === 'TemplateLiteral' && quasis ? quasis.map((quasi) => quasi.value.cooked) : []
}

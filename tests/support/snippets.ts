import { readFileSync } from 'node:fs'
import { basename } from 'node:path'

/** A file to compile: a snippet of a page, or what it leaves unsaid. */
export interface SnippetFile {
  readonly name: string
  readonly code: string
}

const BLOCK =
  /(?:<!-- (snippet|file)(?: (\S+\.ts))?\n?([\s\S]*?)-->\s*)?```ts\n([\s\S]*?)```|<!-- file (\S+\.ts)\n([\s\S]*?)-->/g

/**
 * The TypeScript snippets of a page, as files. A comment before one may name it, `<!-- snippet app.ts -->`, so that others can
 * import it, and hold what goes before it. `<!-- file users.ts … -->` is a file that readers have of their own.
 */
export function snippetsOf(page: string): SnippetFile[] {
  const text = readFileSync(page, 'utf8')
  const stem = basename(page, '.md')
  return [...text.matchAll(BLOCK)].map(([, , named, before = '', code, fileName, file], i) => ({
    name: fileName ?? named ?? `${stem}-${i + 1}.ts`,
    code: file ?? `${before}\n${code}\nexport {}\n`,
  }))
}

/** How many TypeScript blocks a page has, counted another way. */
export const countSnippets = (page: string): number =>
  readFileSync(page, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('```ts')).length

import { readFileSync } from 'node:fs'

/** What the reader of a guide does next. */
export type GuideStep =
  | { readonly type: 'write'; readonly name: string; readonly code: string }
  /** With the lines that the guide promises for it. */
  | { readonly type: 'run'; readonly command: string; readonly promised: string[] }

const BLOCK = /(?:<!-- snippet (\S+) -->\n)?```(ts|sh|text)\n([^]*?)```/g

/** The steps of a guide, in its order: files to write, commands to run line by line, and what the last one prints. */
export function stepsOf(page: string): GuideStep[] {
  const steps: GuideStep[] = []
  for (const [, name, language, text = ''] of readFileSync(page, 'utf8').matchAll(BLOCK)) {
    if (language === 'text') promise(steps.at(-1), linesOf(text))
    else if (language === 'sh') for (const command of linesOf(text)) steps.push({ type: 'run', command, promised: [] })
    else if (name !== undefined) steps.push({ type: 'write', name, code: text })
    else throw new Error(`A file without a name in ${page}`)
  }
  return steps
}

function promise(step: GuideStep | undefined, lines: readonly string[]): void {
  if (step?.type !== 'run') throw new Error('An output that no command makes')
  step.promised.push(...lines)
}

/** The lines of a text, but not the end of its last one. */
export const linesOf = (text: string): string[] => text.replace(/\n$/, '').split('\n')

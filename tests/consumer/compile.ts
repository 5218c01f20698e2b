import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What a program printed where it failed; undefined where it ended well. */
export async function complaintsOf(program: string, args: readonly string[], cwd: string): Promise<string | undefined> {
  const env = { ...process.env, JWT_PASSPHRASE: 'a passphrase for the consumer test, and nothing else' }
  try {
    await run(program, args, { cwd, env, maxBuffer: 2 ** 24 })
    return undefined
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string }
    return stdout + stderr || message
  }
}

/**
 * Holds a compiler's complaints against the `// refused: …` comments of a folder: each stands above the one line that must be
 * refused, with words of the message.
 *
 * @returns what differs; undefined where nothing does
 */
export function differsFromExpected(complaints: string, cwd: string, folder: string): string | undefined {
  const expected = readdirSync(join(cwd, folder)).flatMap((file) => expectations(cwd, `${folder}/${file}`))
  const found = complaints.split(/\n(?=\S)/).map((text) => ({ text, at: /^(.+),\d+\): error /.exec(text)?.[1] }))
  const differences = [
    ...found.filter(({ at }) => !expected.some((each) => each.at === at)).map(({ text }) => `unexpected: ${text}`),
    ...expected
      .filter(({ at, words }) => !found.some((each) => each.at === at && each.text.includes(words)))
      .map(({ at, words }) => `not refused: ${at}): ${words}`),
  ]
  return differences.length > 0 ? differences.join('\n') : undefined
}

function expectations(cwd: string, path: string): { at: string; words: string }[] {
  const lines = readFileSync(join(cwd, path), 'utf8').split('\n')
  return lines.flatMap((line, i) => {
    const words = /^ *\/\/ refused: (.+)$/.exec(line)?.[1]
    return words === undefined ? [] : [{ at: `${path}(${i + 2}`, words }]
  })
}

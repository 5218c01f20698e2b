import { styleText } from 'node:util'

type Format = Parameters<typeof styleText>[0]

/** Uses colours on a terminal, but not in a pipe or if NO_COLOR is set. */
const paint = (format: Format, text: string): string => styleText(format, text, { stream: process.stdout })

const INDENT = '    '

export function printTitle(text: string): void {
  console.log(paint('bold', text))
}

export function printStep(number: number, text: string): void {
  console.log(`\n${paint('bold', `${String(number).padStart(2)}  ${text}`)}`)
}

export function printSent(lines: readonly string[]): void {
  printLines('>', lines, 'cyan')
}

export function printReceived(lines: readonly string[], ok: boolean): void {
  printLines('<', lines, ok ? 'green' : 'yellow')
}

export function printGood(text: string): void {
  console.log(`\n${paint('green', text)}`)
}

export function printBad(text: string): void {
  console.log(`\n${paint('red', text)}`)
}

function printLines(mark: string, [first = '', ...rest]: readonly string[], format: Format): void {
  console.log(paint(format, `${INDENT}${mark} ${first}`))
  for (const line of rest) console.log(`${INDENT}  ${line}`)
}

const LONG_TOKEN = /eyJ[\w-]+\.[\w-]+\.[\w-]+/g

/** Shortens tokens to their first and last letters: enough to tell two apart, too few to use one. */
export const shorten = (text: string): string =>
  text.replaceAll(LONG_TOKEN, (token) => `${token.slice(0, 8)}…${token.slice(-4)}`)

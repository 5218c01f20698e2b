/** What a benchmark found. */
export interface Report {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | number)[])[]
  readonly aims?: readonly Aim[]
}

/** A figure, and what it should be. */
export interface Aim {
  readonly what: string
  readonly value: number
  readonly least?: number
  readonly most?: number
}

/** Prints tables and aims, as plain text or as Markdown. */
export function print({ title, columns, rows, aims = [] }: Report, markdown: boolean): void {
  const lines = table([columns, ...rows.map((row) => row.map(shown))], markdown)
  console.log([`\n${markdown ? '### ' : ''}${title}\n`, ...lines, ''].join('\n'))
  for (const aim of aims) console.log(`${markdown ? '- ' : ''}${verdict(aim)}`)
}

function table(cells: readonly (readonly string[])[], markdown: boolean): string[] {
  const widths = (cells[0] ?? []).map((_, i) => Math.max(3, ...cells.map((row) => row[i]?.length ?? 0)))
  const [head = '', ...body] = cells.map((row) => {
    const padded = row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
    return markdown ? `| ${padded.join(' | ')} |` : padded.join('   ').trimEnd()
  })
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [head, ...(markdown ? [`| ${rule.join(' | ')} |`] : []), ...body]
}

function verdict({ what, value, least, most }: Aim): string {
  const met = value >= (least ?? -Infinity) && value <= (most ?? Infinity)
  const bounds = [least !== undefined && `at least ${least}`, most !== undefined && `at most ${most}`].filter(Boolean)
  return `${met ? 'met' : 'missed'}: ${what}: ${shown(value)} (${bounds.join(', ')})`
}

/** Three digits that count, and every one before the point. */
const shown = (cell: string | number): string => {
  if (typeof cell === 'string') return cell
  return cell >= 100 ? Math.round(cell).toLocaleString('en') : Number(cell.toPrecision(3)).toString()
}

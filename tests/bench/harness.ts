/** One of several things that are measured beside each other. */
export interface Subject {
  readonly name: string
  readonly run: () => unknown
}

/** What each subject took, a figure a round. */
export type Rounds = ReadonlyMap<string, readonly number[]>

/**
 * Measures subjects in turns: each gets a slice of every round, and the order changes from round to round, so that whatever else
 * the machine is doing falls on all alike. `slice` gives one figure.
 */
export async function inTurns<T extends { readonly name: string }>(
  subjects: readonly T[],
  rounds: number,
  slice: (subject: T) => Promise<number>,
): Promise<Rounds> {
  for (const subject of subjects) await slice(subject)
  const figures = new Map(subjects.map(({ name }) => [name, [] as number[]]))
  for (let round = 0; round < rounds; round++) {
    for (const subject of inOrderOf(round, subjects)) figures.get(subject.name)?.push(await slice(subject))
  }
  return figures
}

/** Forwards in one round, backwards in the next, and beginning one further after both. */
function inOrderOf<T>(round: number, items: readonly T[]): T[] {
  const start = (round >> 1) % items.length
  const turned = [...items.slice(start), ...items.slice(0, start)]
  if (round % 2 === 1) turned.reverse()
  return turned
}

/** What one run takes of the processor, in microseconds: unlike the time on the wall, it leaves out what other programs take. */
export const processorTime = (subjects: readonly Subject[], rounds = 40): Promise<Rounds> =>
  inTurns(subjects, rounds, async ({ run }) => {
    const [start, deadline] = [process.cpuUsage(), performance.now() + 25]
    let runs = 0
    while (performance.now() < deadline) {
      for (let i = 0; i < 20; i++) await run()
      runs += 20
    }
    const { user, system } = process.cpuUsage(start)
    return (user + system) / runs
  })

/** The rounds of several such measurements as those of one. */
export const joined = (all: readonly Rounds[]): Rounds =>
  new Map([...(all[0]?.keys() ?? [])].map((name) => [name, all.flatMap((rounds) => rounds.get(name) ?? [])]))

/** The median over rounds of what is worked out within each of them. */
export const medianOf = (rounds: Rounds, inRound: (of: (name: string) => number) => number): number =>
  median(Array.from([...rounds.values()][0] ?? [], (_, i) => inRound((name) => rounds.get(name)?.[i] ?? NaN)))

export function median(values: readonly number[]): number {
  const sorted = [...values]
  sorted.sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return ((sorted[middle] ?? NaN) + (sorted[sorted.length - 1 - middle] ?? NaN)) / 2
}

import { setTimeout } from 'node:timers/promises'

const LONGEST_BREAK = 60

const now = (): number => Math.floor(Date.now() / 1_000)

// Each second's number, from the one after the last that was seen.
export async function* tick(
  lastSeen: number | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<number, void> {
  const second = now()
  let next = Math.min(Math.max((lastSeen ?? second - 1) + 1, second - LONGEST_BREAK), second + 1)
  for (;;) {
    await setTimeout(Math.max(0, next * 1_000 - Date.now()))
    if (signal?.aborted) return
    yield next
    next += 1
  }
}

import { setTimeout } from 'node:timers/promises'

const MAX_BREAK_SECONDS = 60

const now = (): number => Math.floor(Date.now() / 1_000)

// Yields each second since 1970, from the one after the last that the client received.
export async function* tick(
  lastSeen: number | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<number, void> {
  const second = now()
  let next = Math.min(Math.max((lastSeen ?? second - 1) + 1, second - MAX_BREAK_SECONDS), second + 1)
  for (;;) {
    await setTimeout(Math.max(0, next * 1_000 - Date.now()))
    if (signal?.aborted) return
    yield next
    next += 1
  }
}

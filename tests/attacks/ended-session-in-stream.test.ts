import { expect, test } from 'vitest'

import { bearerClients, tokenOf } from '../support/bearer-clients.ts'
import { createClientApi, serveClientApi, type ClientRouter } from '../support/client-api.ts'
import { readWords } from '../support/follow.ts'

/** A subscription that anyone may open. It calls a protected procedure each time the test calls `step`. */
async function start() {
  const api = createClientApi()
  const steps: (() => void)[] = []
  const open = api.t.procedure.subscription(async function* ({ ctx }) {
    for (;;) {
      yield await api.router
        .createCaller(ctx)
        .private()
        .catch(({ message }: Error) => message)
      await new Promise<void>((resolve) => steps.push(resolve))
    }
  })
  const router = api.t.router({ ...api.router._def.procedures, quiet: open }) as ClientRouter
  const served = await serveClientApi(api, { router })
  return { api, step: () => steps.shift()?.(), ...bearerClients(served, await tokenOf(api)) }
}

test.each(['bySocket', 'bySse'] as const)(
  'a public stream that calls a protected procedure is refused at the next call after its session has ended, %s',
  async (way) => {
    const made = await start()
    const { words: answers } = readWords(made[way], 'quiet')
    await expect.poll(() => answers, { timeout: 5_000 }).toEqual(['Your token worked, ann.'])
    await made.api.store.endAll('ann')
    await expect.poll(() => (made.step(), answers.at(1)), { timeout: 5_000 }).toBe('Invalid token')
  },
)

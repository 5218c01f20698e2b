import { memorySessions } from 'trpc-jwt-trivial'
import { sessionStoreContract } from 'trpc-jwt-trivial/testing'
import { expect, test } from 'vitest'

/** The suite of all stores waits for servers: here it is asked of memory alone, and in turn, or Stryker loses count. */
test.for(sessionStoreContract.map(({ name, run }) => [name, run] as const))('%s', async ([, run]) => {
  await expect(run(memorySessions())).resolves.toBeUndefined()
})

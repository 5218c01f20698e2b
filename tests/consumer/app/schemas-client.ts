import assert from 'node:assert/strict'

import { createTRPCClient, httpBatchLink, TRPCClientError } from '@trpc/client'

import { unchecked, type SchemaRouter } from './schemas.ts'
import { textFor } from './service.ts'

const createClient = (url: string, token?: string) =>
  createTRPCClient<SchemaRouter>({
    links: [httpBatchLink({ url, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } })],
  })

const isBadRequest = (error: unknown) =>
  error instanceof TRPCClientError && (error as TRPCClientError<SchemaRouter>).data?.code === 'BAD_REQUEST'

const schemas = ['zod', 'valibot', 'arktype'] as const

/** Each schema gets, and gives, what its types say, and refuses the rest. */
export async function trySchemas(url: string): Promise<void> {
  const unfit = await unchecked.createAccessToken({ sub: 'ann', role: 'owner' })
  for (const schema of schemas) {
    const { create } = createClient(url)[schema].token
    const { token } = await create.mutate({ name: 'ann', year: '2011' })
    const { sub, role } = await createClient(url, token)[schema].claims.query()
    assert.deepEqual({ sub, role }, { sub: 'ann', role: 'writer' })

    await assert.rejects(create.mutate({ name: 'ann', year: '1999' }), { message: textFor('not_authorised') })
    await assert.rejects(create.mutate({ name: 'ann', year: 'MMXI' }), isBadRequest)
    await assert.rejects(createClient(url, unfit)[schema].claims.query(), { message: textFor('invalid') })
  }
}

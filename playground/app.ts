import { initTRPC, tracked, TRPCError } from '@trpc/server'
import type { CreateHTTPContextOptions } from '@trpc/server/adapters/standalone'
import type { CreateWSSContextFnOptions } from '@trpc/server/adapters/ws'
import { jwtErrorData } from 'trpc-jwt-trivial'
import * as z from 'zod'

import { jwt, type createJwt } from './jwt.ts'
import { createNotes } from './notes.ts'

export const notes = createNotes()

export const createContext = (opts: CreateHTTPContextOptions | CreateWSSContextFnOptions) => ({
  ...jwt.createContext(opts),
  notes,
})

export const t = initTRPC.context<typeof createContext>().create({
  errorFormatter: ({ shape, error }) => ({ ...shape, data: { ...shape.data, ...jwtErrorData(error) } }),
})

/** The procedures of the app, protected by an instance of the library. */
export function createProcedures({ protectedProcedure, protect, tokenRouter }: ReturnType<typeof createJwt>) {
  const signedIn = t.procedure.concat(protectedProcedure)
  const reading = t.procedure.concat(protect({ scope: 'notes:read' }))
  const writing = t.procedure.concat(protect({ scope: 'notes:write' }))

  const notesRouter = t.router({
    list: reading.query(({ ctx }) => ctx.notes.list()),
    read: reading.input(z.object({ id: z.int() })).query(({ ctx, input }) => {
      const note = ctx.notes.read(input.id)
      if (note) return note
      throw new TRPCError({ code: 'NOT_FOUND', message: 'No such note' })
    }),
    /** Ends when the reader's token expires. A client that comes back sends the id of the last note that it got. */
    watch: reading.input(z.object({ lastEventId: z.coerce.number().int().optional() })).subscription(async function* ({
      ctx,
      input,
      signal,
    }) {
      for await (const note of ctx.notes.watch(input.lastEventId ?? 0, signal)) yield tracked(String(note.id), note)
    }),
    write: writing
      .input(z.object({ title: z.string().trim().min(1).max(100), text: z.string().max(10_000) }))
      .mutation(({ ctx, input }) => ctx.notes.write({ ...input, author: ctx.jwt.name })),
  })

  return {
    token: tokenRouter,
    status: t.procedure.query(({ ctx }) => ({ notes: ctx.notes.count() })),
    me: signedIn.query(({ ctx }) => ({ id: ctx.jwt.sub, name: ctx.jwt.name, scopes: ctx.jwt.scope.split(' ') })),
    notes: notesRouter,
  }
}

export const appRouter = t.router(createProcedures(jwt))
export type AppRouter = typeof appRouter

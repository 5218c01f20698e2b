import { tracked } from '@trpc/server'
import * as z from 'zod'

import { createProcedures, t } from '../app.ts'
import type { createJwt } from '../jwt.ts'
import type { Outcomes } from './outcomes.ts'
import { tick } from './ticks.ts'

const resumable = z.object({ lastEventId: z.coerce.number().int().optional() }).optional()

/** The app's router, and the procedures that only the page needs. */
export function createPageRouter(jwt: ReturnType<typeof createJwt>, outcomes: Outcomes) {
  const signedIn = t.procedure.concat(jwt.protectedProcedure)
  const justSignedIn = t.procedure.concat(jwt.protect({ scope: 'notes:read', maxAge: '10s' }))

  return t.router({
    ...createProcedures(jwt),
    exportNotes: justSignedIn.query(({ ctx }) => ctx.notes.list().map(({ id }) => ctx.notes.read(id))),
    signOutOthers: signedIn.mutation(({ ctx }) => jwt.endSessions(ctx.jwt.sub, { except: ctx.jwt.sid })),
    /** Ends when its token expires. */
    ticks: signedIn.input(resumable).subscription(async function* ({ input, signal }) {
      for await (const second of tick(input?.lastEventId, signal)) yield tracked(String(second), second)
    }),
    /** The outcomes of all calls, public. Only a playground may publish them. */
    outcomes: t.procedure.input(resumable).subscription(async function* ({ input, signal }) {
      for await (const seen of outcomes.watch(input?.lastEventId ?? 0, signal)) yield tracked(String(seen.id), seen)
    }),
  })
}

export type PageRouter = ReturnType<typeof createPageRouter>

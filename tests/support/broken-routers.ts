import { appRouter, t, type AppRouter } from '../../playground/app.ts'
import { jwt } from '../../playground/jwt.ts'

const { notes, ...procedures } = appRouter._def.record
const signedIn = t.procedure.concat(jwt.protectedProcedure)

/** The playground's router, with a mistake in it. */
export const brokenRouters = {
  /** `me` is open to everybody. */
  unguarded: t.router({ ...procedures, notes, me: t.procedure.query(() => 'anyone') }) as unknown as AppRouter,
  /** Who may only read may write. */
  scopeless: t.router({
    ...procedures,
    notes: {
      ...notes,
      write: signedIn.mutation(({ ctx }) => ctx.notes.write({ title: 'Tea', text: '', author: 'Ann' })),
    },
  }) as unknown as AppRouter,
}

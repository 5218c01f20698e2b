import type { TRPCLink } from '@trpc/client'
import { tap } from '@trpc/server/observable'
import { decodeJwt } from 'jose'

import { now, type Ledger } from './ledger.ts'
import type { SoakRouter } from './server.ts'

/** Requests that came so close together, in milliseconds, have no order: the client tells them apart by the millisecond. */
const AT_ONCE = 2

/** Knows which sign-ins and sign-outs were asked for on a device, and so what must be true of its sessions. */
export type Asked = ReturnType<typeof createAsked>

export function createAsked(ledger: Ledger) {
  const begunAt = new Map<string, number>()
  const endedAt = new Map<string, number>()
  let lastOutAt = Number.NEGATIVE_INFINITY
  let lastAt = Number.NEGATIVE_INFINITY

  function ending(sid: string): void {
    if (endedAt.has(sid)) return
    endedAt.set(sid, Number.POSITIVE_INFINITY)
    ledger.unsure(sid)
  }

  function ended(sid: string): void {
    endedAt.set(sid, Math.min(endedAt.get(sid) ?? Number.POSITIVE_INFINITY, now()))
    ledger.ended(sid)
  }

  function began(sid: string, askedAt: number): void {
    begunAt.set(sid, askedAt)
    ledger.began(sid)
    ledger.count('sign-ins')
  }

  return {
    ending,
    ended,
    /** A sign-out is asked for now. */
    out(): void {
      lastAt = lastOutAt = now()
    },
    /** Whether another sign-in or sign-out was asked for after that time, or together with it. */
    wasOvertaken: (askedAt: number): boolean => lastAt > askedAt || lastOutAt > askedAt - AT_ONCE,
    /** Whether the end of a session was asked for. */
    isEnding: (sid: string): boolean => endedAt.has(sid),
    hadEndedAt: (sid: string, at: number): boolean => (endedAt.get(sid) ?? Number.POSITIVE_INFINITY) < at,
    /** Whether somebody signed a device out that had this session, or ended the session. */
    mayBeOut: (sid: string): boolean =>
      endedAt.has(sid) || (begunAt.get(sid) ?? Number.POSITIVE_INFINITY) < lastOutAt + AT_ONCE,
    /** The link behind `session.link`: it sees what becomes of the calls of the token router. */
    link: (): TRPCLink<SoakRouter> => () => (passing) => {
      const { op, next } = passing
      if (!op.path.startsWith('token.')) return next(op)
      const askedAt = now()
      const sid = sidOfInput(op.input)
      if (op.path === 'token.create') lastAt = askedAt
      if (op.path === 'token.revoke' && sid !== undefined) ending(sid)
      return next(op).pipe(
        tap({
          next({ result }) {
            if (!('data' in result)) return
            if (op.path === 'token.create') began(sidOfAnswer(result.data), askedAt)
            if (op.path === 'token.refresh') ledger.count('renewals')
            if (op.path === 'token.revoke' && sid !== undefined) ended(sid)
          },
          error() {
            if (op.path === 'token.create') ledger.count('sign-ins that an outage left unanswered')
          },
        }),
      )
    },
  }
}

const sidOfAnswer = (answer: unknown): string => String(decodeJwt((answer as { token: string }).token)['sid'])

function sidOfInput(input: unknown): string | undefined {
  const { refreshToken } = (input ?? {}) as { refreshToken?: string }
  return refreshToken === undefined ? undefined : String(decodeJwt(refreshToken)['sid'])
}

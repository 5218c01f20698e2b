import type { Call, Results } from './ask.ts'
import type { CallOwners } from './call-owner.ts'
import type { Route, Routes } from './route.ts'
import type { Session } from './session.ts'
import { resultsOf, type TokenCalls } from './token-calls.ts'

/** Options of `session.link`. */
export interface SessionLinkOptions {
  /**
   * The path of `tokenRouter` in the app's router (`'token'`); `''` if it was merged. `null` for a client of another server: its
   * calls carry the access token, and the refresh token never goes there.
   */
  router?: string | null
}

interface Dependencies {
  readonly appCall: (call: Call) => Results
  readonly tokenCalls: TokenCalls
  readonly routes: Routes
  readonly owners: CallOwners
}

/** Makes the links of one session: an app has one for each of its clients. */
export function createSessionLinks({ appCall, tokenCalls, routes, owners }: Dependencies): Session['link'] {
  return ({ router = 'token' } = {}) =>
    () => {
      const prefix = router === null || router === '' ? '' : `${router}.`
      const handlers = new Map(
        (['create', 'refresh', 'revoke'] as const).map((name) => [prefix + name, tokenCalls[name]]),
      )
      let route: Route | undefined
      return (call) => {
        if (owners.of(call.op)) return call.next(call.op) // it has passed through another link of this session
        if (router === null) return appCall(call)
        route ??= routes.open(router, call.next)
        const tokenCall = handlers.get(call.op.path)
        return tokenCall ? resultsOf(call, tokenCall(call, route)) : appCall(call)
      }
    }
}

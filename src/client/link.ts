import type { Call, Results } from './nobodys-call.ts'
import type { Route, Routes } from './route.ts'
import type { Session } from './session.ts'
import type { TokenCalls } from './token-calls.ts'

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
}

/** Makes the links of one session: an app has one for each of its clients. */
export function createSessionLinks({ appCall, tokenCalls, routes }: Dependencies): Session['link'] {
  return ({ router = 'token' } = {}) =>
    () => {
      if (router === null) return appCall
      const prefix = router === '' ? '' : `${router}.`
      const handlers = new Map(
        (['create', 'refresh', 'revoke'] as const).map((name) => [prefix + name, tokenCalls[name]]),
      )
      let route: Route | undefined
      return (call) => {
        route ??= routes.open(router, call.next)
        const tokenCall = handlers.get(call.op.path)
        return tokenCall ? tokenCall(call, route) : appCall(call)
      }
    }
}

import { askAsNobody, type Call } from './ask.ts'
import type { CallOwners, Owner } from './call-owner.ts'
import type { SignIn } from './entry.ts'

/** The way to the token router that answered a sign-in. */
export interface Route {
  /** The path of the token router. */
  readonly router: string
  /** Renews a sign-in by a call of the link's own. Returns the answer; undefined if the call was withdrawn. */
  renew(signIn: SignIn, mayBeSent: () => boolean): Promise<unknown>
  /** Ends a sign-in by a call of the link's own. Returns the answer. */
  revoke(signIn: SignIn, input?: object): Promise<unknown>
}

/** Knows through which link a sign-in is renewed. */
export interface Routes {
  open(router: string, next: Call['next']): Route
  /** Remembers which link answered a sign-in. */
  remember(name: string, route: Route): void
  /** The link that answered the sign-in; after a reload, the first one with its router that had a call. */
  to(signIn: { readonly name: string; readonly router: string }): Route | undefined
}

/** Makes the routes of one session. */
export function createRoutes(owners: CallOwners): Routes {
  const firsts = new Map<string, Route>()
  const answered = new Map<string, Route>()
  let lastId = 0

  return {
    open(router, next) {
      const prefix = router === '' ? '' : `${router}.`
      /** The call has an id that no other call has, and no signal that could cancel it for others. */
      async function ask(name: string, input: object, about: Partial<Owner>): Promise<unknown> {
        lastId -= 1
        const op: Call['op'] = { id: lastId, type: 'mutation', path: prefix + name, input, context: {}, signal: null }
        const { result } = await askAsNobody({ op, next }, owners, about)
        return (result as { data?: unknown }).data
      }
      const route: Route = {
        router,
        renew: ({ name, token, refreshToken }, mayBeSent) =>
          ask('refresh', { refreshToken }, { ownToken: () => token, renewal: { signIn: name, mayBeSent } }),
        revoke: ({ token, refreshToken }, input = { refreshToken }) =>
          ask('revoke', input, { ownToken: () => token, afterSignIns: true }),
      }
      if (!firsts.has(router)) firsts.set(router, route)
      return route
    },
    remember: (name, route) => void answered.set(name, route),
    to({ name, router }) {
      const route = answered.get(name) ?? firsts.get(router)
      if (route) answered.set(name, route)
      return route
    },
  }
}

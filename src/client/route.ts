import type { CallOwners } from './call-owner.ts'
import { sendAsNobody, type Call } from './nobodys-call.ts'

/** The way to the token router that answered a sign-in. */
export interface Route {
  /** The path of the token router. */
  readonly router: string
  /** Sends a call of the link's own, and returns its answer. */
  send(name: 'refresh' | 'revoke', input: { refreshToken: string }): Promise<unknown>
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
  let answered: { name: string; route: Route } | undefined
  let lastId = 0

  /**
   * The call has an id that no other call has, no signal that could cancel it for others, and a batch of its own, so that it
   * does not wait for slow calls.
   */
  async function sendApart(next: Call['next'], path: string, input: unknown): Promise<unknown> {
    await new Promise((resolve) => setTimeout(resolve)) // the next batch
    lastId -= 1
    const op: Call['op'] = { id: lastId, type: 'mutation', path, input, context: {}, signal: null }
    return new Promise((resolve, reject) => {
      sendAsNobody({ op, next }, owners).subscribe({
        next: ({ result }) => {
          if ('data' in result) resolve(result.data)
        },
        error: reject,
      })
    })
  }

  return {
    open(router, next) {
      const prefix = router === '' ? '' : `${router}.`
      const route: Route = { router, send: (name, input) => sendApart(next, prefix + name, input) }
      if (!firsts.has(router)) firsts.set(router, route)
      return route
    },
    remember(name, route) {
      answered = { name, route }
    },
    to({ name, router }) {
      if (answered?.name !== name) {
        const route = firsts.get(router)
        if (!route) return undefined
        answered = { name, route }
      }
      return answered.route
    },
  }
}

import type { IncomingMessage, RequestListener } from 'node:http'
import type { Duplex } from 'node:stream'

import { createHTTPHandler } from '@trpc/server/adapters/standalone'
import { applyWSSHandler } from '@trpc/server/adapters/ws'
import { assertProtected } from 'trpc-jwt-trivial'
import { WebSocketServer } from 'ws'

import { createContext } from '../app.ts'
import { createJwt } from '../jwt.ts'
import { limits, onError } from '../server.ts'
import { apiPath, LIFETIMES, type Lifetime } from './lifetimes.ts'
import { createOutcomes } from './outcomes.ts'
import { createPageRouter } from './page-router.ts'

/** An API whose tokens have a certain lifetime. */
interface Mount {
  handle: RequestListener
  upgrade: (req: IncomingMessage, socket: Duplex, head: Buffer) => void
}

/** Makes one API for each lifetime, at its first use. All of them share the sessions. */
export function createApi() {
  const outcomes = createOutcomes()
  const mounts = new Map<Lifetime, Promise<Mount>>()

  async function mount(lifetime: Lifetime): Promise<Mount> {
    const jwt = createJwt({ expiresIn: lifetime, retfunc: outcomes.see })
    const router = createPageRouter(jwt, outcomes)
    await assertProtected(router, { public: ['token.*', 'status', 'outcomes'] })
    const wss = new WebSocketServer({ noServer: true, maxPayload: limits.maxBodySize })
    applyWSSHandler({ wss, router, createContext, onError, keepAlive: { enabled: true } })
    return {
      handle: createHTTPHandler({
        router,
        createContext,
        responseMeta: jwt.responseMeta,
        basePath: `${apiPath(lifetime)}/`,
        onError,
        ...limits,
      }),
      upgrade(req, socket, head) {
        // tRPC's adapter throws if these do not make a valid address.
        if (!URL.canParse(req.url ?? '', `http://${req.headers.host}`)) socket.destroy()
        else wss.handleUpgrade(req, socket, head, (ws) => wss.emit('connection', ws, req))
      },
    }
  }

  /** Returns the API for the address of a request. */
  return ({ url = '' }: IncomingMessage): Promise<Mount> | undefined => {
    const [path = ''] = url.split('?')
    const lifetime = LIFETIMES.find((each) => path === apiPath(each) || path.startsWith(`${apiPath(each)}/`))
    if (lifetime === undefined) return undefined
    const mounted = mounts.get(lifetime) ?? mount(lifetime)
    mounts.set(lifetime, mounted)
    return mounted
  }
}

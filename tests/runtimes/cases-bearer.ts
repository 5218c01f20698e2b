import { createApp, type App } from './app.ts'
import { call, createClock, equal, refused, signIn, type Case } from './support.ts'

const OTHER = 'the passphrase of somebody else, who would be ann'
const INVALID = 'Bearer realm="trpc", error="invalid_token"'

async function answers(asked: [App, string, string?], expected: unknown[]): Promise<void> {
  const [app, path, token] = asked
  const { status, data, message, challenge } = await call(app, path, { token })
  equal([status, data ?? message, challenge], expected)
}

/** `createContext`, `protectedProcedure`, `protect`, and the challenge of each refusal. */
export const bearerCases: Case[] = [
  {
    name: 'context: finds the token in a record of headers, and in Headers',
    async run() {
      const app = createApp()
      const { token } = await signIn(app)
      const headers = { authorization: `Bearer ${token}` }
      equal(await app.createCaller(app.jwt.createContext({ headers })).whoami(), 'ann', 'a record')
      equal(await app.createCaller(app.jwt.createContext({ headers: new Headers(headers) })).whoami(), 'ann', 'Headers')
    },
  },
  {
    name: 'context: is made of nothing too, for those who have no token',
    async run() {
      const app = createApp()
      const caller = app.createCaller(app.jwt.createContext())
      equal(await caller.open(), 'Anyone may call this.')
      await refused(caller.whoami(), 'Authentication required')
    },
  },
  {
    name: 'protect: accepts a good token, and freezes its claims',
    async run() {
      const app = createApp()
      const { token } = await signIn(app)
      await answers([app, 'whoami', token], [200, 'ann', null])
      await answers([app, 'frozen', token], [200, true, null])
    },
  },
  {
    name: 'protect: challenges whoever brings no token',
    run: () => answers([createApp(), 'whoami'], [401, 'Authentication required', 'Bearer realm="trpc"']),
  },
  {
    name: 'protect: refuses what is no token',
    async run() {
      const app = createApp()
      const [header, payload] = (await signIn(app)).token.split('.')
      const none = btoa('{"alg":"none","typ":"at+jwt"}').replaceAll('=', '')
      for (const token of ['abc', 'a.b.c', `${header}.${payload}`, `${none}.${payload}.`])
        await answers([app, 'whoami', token], [401, 'Invalid token', INVALID])
    },
  },
  {
    name: 'protect: refuses a wrong signature',
    async run() {
      const { token } = await signIn(createApp({ passphrase: OTHER }))
      await answers([createApp(), 'whoami', token], [401, 'Invalid token', INVALID])
    },
  },
  {
    name: 'protect: refuses an expired token, and says so',
    async run() {
      const { clock, pass } = createClock()
      const app = createApp({ passphrase: OTHER, expiresIn: '15m', clock })
      const { token } = await signIn(app)
      pass(890)
      await answers([app, 'whoami', token], [200, 'ann', null])
      pass(11)
      const challenge = `${INVALID}, error_description="The access token expired"`
      await answers([app, 'whoami', token], [401, 'Token expired', challenge])
    },
  },
  {
    name: 'protect: demands a scope, and names it',
    async run() {
      const app = createApp()
      const { token } = await signIn(app)
      await answers([app, 'read', token], [200, 'notes:read', null])
      const challenge = 'Bearer realm="trpc", error="insufficient_scope", scope="notes:write"'
      await answers([app, 'write', token], [403, 'Insufficient scope', challenge])
    },
  },
  {
    name: 'protect: demands a recent sign-in',
    async run() {
      const { clock, pass } = createClock()
      const app = createApp({ passphrase: OTHER, clock })
      const { token } = await signIn(app)
      await answers([app, 'recent', token], [200, 'Paid.', null])
      pass(62)
      const challenge = 'Bearer realm="trpc", error="insufficient_user_authentication", max_age="60"'
      await answers([app, 'recent', token], [401, 'Recent authentication required', challenge])
    },
  },
  {
    name: 'protect: lets nobody in where a token is optional, but no bad one',
    async run() {
      const app = createApp()
      await answers([app, 'greet'], [200, 'Hello, stranger.', null])
      await answers([app, 'greet', (await signIn(app)).token], [200, 'Hello, ann.', null])
      await answers([app, 'greet', 'abc'], [401, 'Invalid token', INVALID])
    },
  },
]

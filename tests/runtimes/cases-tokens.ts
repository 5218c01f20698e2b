import { redisSessions } from 'trpc-jwt-trivial/redis'
import { postgresSessions } from 'trpc-jwt-trivial/postgres'
import { sessionStoreContract } from 'trpc-jwt-trivial/testing'
import { memorySessions } from 'trpc-jwt-trivial'

import { createApp, type App } from './app.ts'
import { call, equal, signIn, type Case, type Tokens } from './support.ts'

const refresh = (app: App, refreshToken: string) => call<Tokens>(app, 'token.refresh', { input: { refreshToken } })

const says = async (app: App, token: string) => {
  const { status, data, message } = await call(app, 'whoami', { token })
  return [status, data ?? message]
}

/** `tokenRouter`: issue, refresh, revoke; and the store that sessions are kept in. */
export const tokenCases: Case[] = [
  {
    name: 'issue: gives a token to whom authorise says yes, and has nobody store it',
    async run() {
      const input = { name: 'ann', password: 'opensesame' }
      const { status, data, cacheControl } = await call<Tokens>(createApp(), 'token.create', { input })
      equal([status, data.category, data.expiresIn, cacheControl], [200, 'Bearer', 900, 'no-store'])
      equal(
        [data.token, data.refreshToken].map((token) => token.split('.').length),
        [3, 3],
      )
    },
  },
  {
    name: 'issue: refuses whom authorise says no to, and what is no credentials',
    async run() {
      const guess = await call(createApp(), 'token.create', { input: { name: 'ann', password: 'guess' } })
      equal([guess.status, guess.message, guess.challenge], [401, 'Not authorised', 'Bearer realm="trpc"'])
      equal((await call(createApp(), 'token.create', { input: { name: 1 } })).status, 400)
    },
  },
  {
    name: 'issue: signs claims without asking authorise, and checks them',
    async run() {
      const { jwt } = createApp()
      const { sub, exp = 0, iat } = await jwt.verify(await jwt.createAccessToken({ sub: 'bob', scope: '' }))
      equal([sub, exp - Number(iat)], ['bob', 900])
    },
  },
  {
    name: 'refresh: rotates the refresh token',
    async run() {
      const app = createApp()
      const first = await signIn(app)
      const second = (await refresh(app, first.refreshToken)).data
      const third = (await refresh(app, second.refreshToken)).data
      equal(new Set([first, second, third].map(({ refreshToken }) => refreshToken)).size, 3, 'different ones')
      equal(await says(app, third.token), [200, 'ann'])
    },
  },
  {
    name: 'refresh: ends a session whose refresh token comes twice',
    async run() {
      const app = createApp()
      const stolen = await signIn(app)
      const { data } = await refresh(app, stolen.refreshToken)
      equal((await refresh(app, stolen.refreshToken)).message, 'Not authorised', 'the second time')
      equal((await refresh(app, data.refreshToken)).message, 'Not authorised', 'the next one')
      equal(await says(app, data.token), [401, 'Invalid token'])
    },
  },
  {
    name: 'refresh: asks reauthorise, and ends the session of whom it refuses',
    async run() {
      const app = createApp()
      const { token, refreshToken } = await signIn(app)
      app.banned.add('ann')
      const { status, message } = await refresh(app, refreshToken)
      equal([status, message], [401, 'Not authorised'])
      equal(await says(app, token), [401, 'Invalid token'])
    },
  },
  {
    name: 'refresh: takes no access token, and protect no refresh token',
    async run() {
      const app = createApp()
      const { token, refreshToken } = await signIn(app)
      equal((await refresh(app, token)).message, 'Not authorised')
      equal(await says(app, refreshToken), [401, 'Invalid token'])
    },
  },
  {
    name: 'revoke: ends the session of the bearer, and no other',
    async run() {
      const app = createApp()
      const [one, other] = [await signIn(app), await signIn(app)]
      equal((await call(app, 'token.revoke', { token: one.token, input: {} })).status, 200)
      equal(
        [await says(app, one.token), await says(app, other.token)],
        [
          [401, 'Invalid token'],
          [200, 'ann'],
        ],
      )
      equal((await refresh(app, one.refreshToken)).message, 'Not authorised')
    },
  },
  {
    name: 'revoke: ends all sessions of a subject from the server',
    async run() {
      const app = createApp()
      const [one, other, bob] = [await signIn(app), await signIn(app), await signIn(app, 'bob')]
      await app.jwt.endSessions('ann')
      const answers = [await says(app, one.token), await says(app, other.token), await says(app, bob.token)]
      equal(answers, [
        [401, 'Invalid token'],
        [401, 'Invalid token'],
        [200, 'bob'],
      ])
    },
  },
  {
    name: 'sessions: the store in memory does what a store must, and the others can be imported',
    async run() {
      equal([typeof redisSessions, typeof postgresSessions], ['function', 'function'])
      const store = memorySessions()
      await Promise.all(sessionStoreContract.map(({ run }) => run(store)))
    },
  },
]

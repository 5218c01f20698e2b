import { initTRPC, lazy } from '@trpc/server'
import { assertProtected, createJwtTrivial, createJwtVerifier, type BearerContext } from 'trpc-jwt-trivial'
import { describe, expect, test } from 'vitest'

import { PASSPHRASE } from '../support/mint.ts'

const jwt = createJwtTrivial({ passphrase: PASSPHRASE, authorise: () => true })
const t = initTRPC.context<BearerContext>().create()

const open = t.procedure.query(() => 'open')
const guarded = jwt.protectedProcedure.query(() => 'guarded')
const optional = jwt.protect({ optional: true }).query(() => 'optional')

/** A router that is loaded when it is needed. */
const later = (router: Parameters<typeof t.mergeRouters>[0]) => lazy(() => Promise.resolve({ router }))

const complaint = (...lines: string[]) => new Error(`assertProtected: ${lines.join('; ')}`)
const unguarded = (path: string) => `\`${path}\` is neither protected nor named public`
const idle = (entry: string) => `public entry \`${entry}\` matches no procedure`

test.each([undefined, {}, { public: 'token.*' }])('asks for a list of what is public: %j', async (options) => {
  await expect(assertProtected(t.router({}), options as never)).rejects.toThrow(
    new TypeError('assertProtected: `public` must be an array of paths; pass `{ public: [] }` if there are none'),
  )
})

describe('passes', () => {
  test('a router whose procedures are guarded or named public', async () => {
    const router = t.router({ token: jwt.tokenRouter, hello: open, private: guarded })

    await expect(assertProtected(router, { public: ['token.*', 'hello'] })).resolves.toBeUndefined()
    await expect(assertProtected(router, { public: ['token.create', 'hello'] })).resolves.toBeUndefined()
  })

  test('every way of guarding: protect with requirements, concatenated, amid middlewares, of another instance', async () => {
    const verifier = createJwtVerifier({ passphrase: PASSPHRASE })
    const pass = t.procedure.use(({ next }) => next())
    const router = t.router({
      scoped: jwt.protect({ scope: 'admin' }).mutation(() => 1),
      concatenated: pass.concat(jwt.protectedProcedure).query(() => 1),
      amid: jwt.protectedProcedure.use(({ next }) => next()).subscription(async function* () {}),
      another: pass.concat(verifier.protectedProcedure).query(() => 1),
      both: jwt
        .protect({ optional: true })
        .concat(jwt.protectedProcedure)
        .query(() => 1),
    })

    await expect(assertProtected(router, { public: [] })).resolves.toBeUndefined()
  })

  test('a router without procedures', async () => {
    await expect(assertProtected(t.router({}), { public: [] })).resolves.toBeUndefined()
  })
})

describe('complains of', () => {
  test('every procedure without a guard, by its path', async () => {
    const router = t.router({ hello: open, deep: t.router({ private: guarded, deeper: t.router({ open }) }) })

    await expect(assertProtected(router, { public: [] })).rejects.toThrow(
      complaint(unguarded('hello'), unguarded('deep.deeper.open')),
    )
  })

  test('an optional procedure: it lets everyone in', async () => {
    await expect(assertProtected(t.router({ optional, guarded }), { public: [] })).rejects.toThrow(
      complaint(unguarded('optional')),
    )
    await expect(assertProtected(t.router({ optional }), { public: ['optional'] })).resolves.toBeUndefined()
  })

  test('a guard of the app’s own, which it cannot know', async () => {
    const own = t.procedure.use(({ next }) => next()).query(() => 1)

    await expect(assertProtected(t.router({ own }), { public: [] })).rejects.toThrow(complaint(unguarded('own')))
  })

  test('a public entry that names nothing, as a typing error or a renamed procedure leaves it', async () => {
    const router = t.router({ token: jwt.tokenRouter, hello: open })

    await expect(assertProtected(router, { public: ['token.*', 'hello', 'helo', 'admin.*', ''] })).rejects.toThrow(
      complaint(idle('helo'), idle('admin.*'), idle('')),
    )
  })

  test('both at once', async () => {
    await expect(assertProtected(t.router({ hello: open }), { public: ['helo'] })).rejects.toThrow(
      complaint(unguarded('hello'), idle('helo')),
    )
  })

  test('what an entry only resembles: it is a whole path, or all below a router', async () => {
    const router = t.router({ token: open, tokens: t.router({ open }), a: t.router({ token: t.router({ open }) }) })

    await expect(assertProtected(router, { public: ['token.*', 'tokens', '*', 'Token'] })).rejects.toThrow(
      complaint(
        unguarded('token'),
        unguarded('tokens.open'),
        unguarded('a.token.open'),
        idle('token.*'),
        idle('tokens'),
        idle('*'),
        idle('Token'),
      ),
    )
  })
})

describe('loads lazy routers', () => {
  test('and finds what is in them', async () => {
    const router = t.router({ slow: later(t.router({ open, guarded })), quick: guarded })

    await expect(assertProtected(router, { public: [] })).rejects.toThrow(complaint(unguarded('slow.open')))
    await expect(assertProtected(router, { public: ['slow.open'] })).resolves.toBeUndefined()
  })

  test('that lie in lazy routers, in nested ones and in merged ones', async () => {
    const inner = t.router({ inner: later(t.router({ innermost: later(t.router({ open })) })) })
    const nested = t.router({ a: t.router({ b: later(inner) }), c: guarded })
    const merged = t.mergeRouters(nested, t.router({ d: later(t.router({ open })) }))

    await expect(assertProtected(merged, { public: [] })).rejects.toThrow(
      complaint(unguarded('d.open'), unguarded('a.b.inner.innermost.open')),
    )
  })

  test('and a router that cannot be loaded is an error', async () => {
    const router = t.router({
      slow: lazy(() => Promise.reject<{ router: typeof jwt.tokenRouter }>(new Error('no such file'))),
    })

    await expect(assertProtected(router, { public: [] })).rejects.toThrow('no such file')
  })

  test('and the router answers afterwards as it did before', async () => {
    const router = t.router({ slow: lazy(() => Promise.resolve({ router: t.router({ open }) })) })
    await assertProtected(router, { public: ['slow.open'] })

    expect(await router.createCaller(jwt.createContext()).slow.open()).toBe('open')
  })
})

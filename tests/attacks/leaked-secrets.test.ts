import { inspect } from 'node:util'

import { decodeJwt } from 'jose'
import { memorySessions, type SessionStore } from 'trpc-jwt-trivial'
import { afterEach, expect, test, vi } from 'vitest'

import { PASSWORD } from '../support/api.ts'
import { everyTextIn } from '../support/every-text.ts'
import { mint, PASSPHRASE } from '../support/mint.ts'
import { sendRaw } from '../support/raw.ts'
import { bytesOf, EXPIRED, GOOD, INVALID, SECRET_CLAIM, startApi } from '../support/rejected-tokens.ts'
import { serveSessionApi, sidOf } from '../support/session-api.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

/** All secrets: each segment of each token, the passphrase, a password, a claim. */
const SECRETS = [
  ...[...Object.values(INVALID).flat(), ...EXPIRED, mint(GOOD)].flatMap((token) => token.split('.')),
  PASSPHRASE,
  PASSWORD,
  SECRET_CLAIM,
  'https://evil.example',
  'evil+jwt',
  'evil-kid',
].filter((secret) => secret.length > 3)

/** Calls every procedure with every rejected token, and signs in with wrong credentials. */
async function attackAll() {
  const { url, present, signIn, errors, contexts } = await startApi()
  const tokens = [...Object.values(INVALID).flat(), ...EXPIRED, mint(GOOD)]
  const paths = ['private', 'optional', 'admin', 'recent']
  const presented = await Promise.all(tokens.flatMap((token) => paths.map((path) => present(token, path))))
  const lines = [`Authorization: Bearer ${mint(GOOD)} ${PASSPHRASE}`, `Authorization: ${PASSPHRASE}`]
  const broken = await Promise.all(lines.map((line) => sendRaw(`${url}/private`, [line])))
  const signIns = await Promise.all([
    signIn({ name: PASSWORD, password: 'guess' }),
    signIn({ name: 5, password: PASSWORD }),
  ])
  return { responses: [...presented, ...broken, ...signIns], errors, contexts }
}

test('no secret is in an error, its cause, its stack or any own property, enumerable or not', async () => {
  const { errors, responses } = await attackAll()
  const texts = errors.flatMap((error) => everyTextIn(error))

  expect(errors.length).toBeGreaterThan(60)
  expect(texts).toContain('Refused: bad_signature')
  expect(SECRETS.filter((secret) => texts.some((text) => text.includes(secret)))).toEqual([])
  expect(SECRETS.filter((secret) => responses.some((response) => bytesOf(response).includes(secret)))).toEqual([])
})

test('nothing is written to the console, and a logged context or error shows no secret', async () => {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const complain = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const consoles = (['log', 'info', 'warn', 'error', 'debug', 'trace'] as const).map((name) => vi.spyOn(console, name))
  const { errors, contexts } = await attackAll()
  const written = [write, complain, ...consoles].flatMap((spy) => spy.mock.calls)
  vi.restoreAllMocks()
  const logged = [...errors, ...contexts].flatMap((each) => [
    inspect(each, { showHidden: true, depth: null }),
    JSON.stringify(each),
    String(each),
  ])

  expect(written).toEqual([])
  expect(logged).toContain('{"bearer":"[bearer]"}')
  expect(SECRETS.filter((secret) => logged.some((text) => text.includes(secret)))).toEqual([])
})

test('no token, no part of a token and no claim of the app reaches the session store', async () => {
  const seen: unknown[] = []
  const memory = memorySessions()
  const names = ['start', 'isLive', 'rotate', 'end', 'endAll'] as const
  const spies = names.map((name) => [
    name,
    (...args: unknown[]) => {
      seen.push(name, args)
      return (memory[name] as (...given: unknown[]) => unknown)(...args)
    },
  ])
  const { signIn, refresh, revoke, visit, jwt } = await serveSessionApi({
    store: Object.fromEntries(spies) as SessionStore,
  })
  const first = await signIn()
  const second = await refresh(first.refreshToken)
  await visit(second.token)
  await revoke(second.token, second.refreshToken)
  await jwt.endSessions('ann', { except: 'x' })
  const tokens = [first, second].flatMap(({ token, refreshToken }) => [token, refreshToken])
  const secrets = tokens.flatMap((token) => [...token.split('.'), String(decodeJwt(token).jti), 'reader'])
  const texts = everyTextIn(seen)

  expect(names.filter((name) => !texts.includes(name))).toEqual([])
  expect(texts).toContain(sidOf(first.token))
  expect(secrets.filter((secret) => texts.some((text) => text.includes(secret)))).toEqual([])
})

import { beforeEach, expect, test } from 'vitest'

import { createApi, serveApi } from '../support/api.ts'
import { mint } from '../support/mint.ts'
import { headerValues, sendRaw } from '../support/raw.ts'
import { serveFetch } from '../support/serve.ts'

const TOKEN = mint()
const REALM = 'Bearer realm="trpc"'
const INVALID = 'Bearer realm="trpc", error="invalid_token"'
const EXPIRED = 'Bearer realm="trpc", error="invalid_token", error_description="The access token expired"'

let url: string
let fetchUrl: string

beforeEach(async () => {
  const api = createApi()
  url = await serveApi(api)
  fetchUrl = await serveFetch(api.appRouter, api.jwt)
})

const challenges = (response: Parameters<typeof headerValues>[0]) => headerValues(response, 'www-authenticate')

/** The responses of both adapters. */
const call = (path: string, lines: readonly string[]) =>
  Promise.all([url, fetchUrl].map((each) => sendRaw(`${each}/${path}`, lines)))

test('no header and no body of a response repeats anything of the request', async () => {
  const marks = ['x-MARK-x', `${TOKEN}MARK`, 'a", error="MARK', 'MARK\u00a0', '%0d%0aSet-Cookie:%20MARK=1']
  const claims = { iss: 'MARK', aud: 'MARK', scope: 'MARK', sub: 'MARK', exp: 1 }
  const lines = [...marks, mint(claims), mint({ ...claims, exp: undefined })].map((t) => `Authorization: Bearer ${t}`)
  const calls = [...lines, 'Authorization: MARK x', 'Authorization: Bearer MARK, Bearer MARK']
  const responses = (await Promise.all(calls.map((line) => call('admin', [line])))).flat()
  const scoped = await call('admin', [`Authorization: Bearer ${mint({ scope: 'MARK' })}`])

  expect([...responses, ...scoped].filter(({ headers, body }) => `${headers.join()}${body}`.includes('MARK'))).toEqual(
    [],
  )
  expect(responses.map(({ status }) => status)).toEqual(responses.map(() => 401))
  expect(responses.flatMap(challenges).filter((challenge) => ![REALM, INVALID, EXPIRED].includes(challenge))).toEqual(
    [],
  )
})

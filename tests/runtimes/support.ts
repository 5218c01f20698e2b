import type { App } from './app.ts'

/** A test that any runtime can run. */
export interface Case {
  name: string
  /** Resolves if all is well, rejects with what is not. */
  run: () => Promise<void>
}

/** What an answer says of a call. */
export interface Answer<Data> {
  status: number
  /** The result of a call that went well. */
  data: Data
  message: string | undefined
  challenge: string | null
  cacheControl: string | null
}

/** Calls a procedure as HTTP has it: a mutation where there is an input, else a query. */
export async function call<Data = unknown>(
  app: Pick<App, 'fetch'>,
  path: string,
  { token, input }: { token?: string | undefined; input?: object } = {},
): Promise<Answer<Data>> {
  const headers = new Headers({ 'content-type': 'application/json' })
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`)
  const init = input ? { method: 'POST', headers, body: JSON.stringify(input) } : { headers }
  const response = await app.fetch(new Request(`http://localhost/${path}`, init))
  const body = (await response.json()) as { result?: { data: Data }; error?: { message: string } }
  return {
    status: response.status,
    data: body.result?.data as Data,
    message: body.error?.message,
    challenge: response.headers.get('www-authenticate'),
    cacheControl: response.headers.get('cache-control'),
  }
}

/** The tokens that sessions give. */
export interface Tokens {
  token: string
  refreshToken: string
  expiresIn: number
  category: string
}

/** Signs in by a password that is right. */
export async function signIn(app: Pick<App, 'fetch'>, name = 'ann'): Promise<Tokens> {
  const { data } = await call<Tokens>(app, 'token.create', { input: { name, password: 'opensesame' } })
  return data
}

/** A clock that goes on when it is told to. */
export function createClock() {
  let now = Date.now()
  return {
    clock: () => new Date(now),
    pass: (seconds: number) => {
      now += seconds * 1_000
    },
  }
}

export const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Compares as JSON has it. */
export function equal(actual: unknown, expected: unknown, what = 'the answer'): void {
  const [got, wanted] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (got !== wanted) throw new Error(`${what}: wanted ${wanted}, got ${got}`)
}

/** Expects a refusal, by its message. */
export async function refused(work: Promise<unknown>, message: string): Promise<void> {
  const outcome = await work.then(
    () => 'accepted',
    (error: unknown) => (error instanceof Error ? error.message : error),
  )
  equal(outcome, message)
}

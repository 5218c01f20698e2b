import { printReceived, printSent, shorten } from './print.ts'

/** The parts of an answer that the tour checks and tRPC's client does not return. */
interface Received {
  status: number
  headers: Headers
}

interface Outcome {
  result?: { data: unknown }
  error?: { message: string; data: { code: string; jwt: { reason: string } | null } }
}

const SHOWN_HEADERS = ['WWW-Authenticate', 'Cache-Control']

/** Makes a `fetch` that prints requests and answers, and keeps the last answer for checks. */
export function createWire() {
  let last: Received | undefined

  async function printingFetch(url: RequestInfo | URL | string, init: object = {}): Promise<Response> {
    const request = new Request(url, init)
    printSent([`${request.method} ${pathOf(request)}`, ...authorizationOf(request), ...bodyOf(init)])
    const response = await fetch(request)
    last = response
    const { ok, status, statusText } = response
    printReceived([`${status} ${statusText}`, ...headersOf(response), ...(await outcomesOf(response))], ok)
    return response
  }

  return {
    fetch: printingFetch,
    last(): Received {
      if (!last) throw new Error('Nothing was received')
      return last
    },
  }
}

function pathOf({ url }: Request): string {
  const { pathname, search } = new URL(url)
  return decodeURIComponent(pathname + search)
}

function authorizationOf({ headers }: Request): string[] {
  const authorization = headers.get('authorization')
  return authorization === null ? [] : [`Authorization: ${shorten(authorization)}`]
}

/** Passwords are never printed. */
const bodyOf = (init: { body?: unknown }): string[] =>
  typeof init.body === 'string' ? [shorten(init.body.replace(/"password":"[^"]*"/, '"password":"…"'))] : []

const headersOf = ({ headers }: Response): string[] =>
  SHOWN_HEADERS.filter((name) => headers.has(name)).map((name) => `${name}: ${headers.get(name)}`)

/** Returns a line for each call of the request: its data or its error. */
async function outcomesOf(response: Response): Promise<string[]> {
  const body = (await response.clone().json()) as Outcome | Outcome[]
  return [body].flat().map(({ result, error }) => {
    if (!error) return shorten(JSON.stringify(result?.data) ?? '(no data)')
    const { code, jwt } = error.data
    return `${code}${jwt ? ` (${jwt.reason})` : ''}: ${error.message}`
  })
}

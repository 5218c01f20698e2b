import { printReceived, printSent, shorten } from './print.ts'

/** What is checked of an answer, beside what tRPC's client makes of it. */
interface Received {
  status: number
  headers: Headers
}

interface Outcome {
  result?: { data: unknown }
  error?: { message: string; data: { code: string; jwt: { reason: string } | null } }
}

const SHOWN_HEADERS = ['WWW-Authenticate', 'Cache-Control']

/** A `fetch` that prints what goes over the wire, and keeps the last answer to be checked. */
export function createWire() {
  let last: Received | undefined

  async function tellingFetch(url: RequestInfo | URL | string, init: object = {}): Promise<Response> {
    const request = new Request(url, init)
    printSent([`${request.method} ${pathOf(request)}`, ...authorizationOf(request), ...bodyOf(init)])
    const response = await fetch(request)
    last = response
    const { ok, status, statusText } = response
    printReceived([`${status} ${statusText}`, ...headersOf(response), ...(await outcomesOf(response))], ok)
    return response
  }

  return {
    fetch: tellingFetch,
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

/** A password is nobody's to see, not even here. */
const bodyOf = (init: { body?: unknown }): string[] =>
  typeof init.body === 'string' ? [shorten(init.body.replace(/"password":"[^"]*"/, '"password":"…"'))] : []

const headersOf = ({ headers }: Response): string[] =>
  SHOWN_HEADERS.filter((name) => headers.has(name)).map((name) => `${name}: ${headers.get(name)}`)

/** A line for each call of the request: its data, or its error. */
async function outcomesOf(response: Response): Promise<string[]> {
  const body = (await response.clone().json()) as Outcome | Outcome[]
  return [body].flat().map(({ result, error }) => {
    if (!error) return shorten(JSON.stringify(result?.data) ?? '')
    const { code, jwt } = error.data
    return `${code}${jwt ? ` (${jwt.reason})` : ''}: ${error.message}`
  })
}

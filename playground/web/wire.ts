/** A request and its answer. */
export interface Exchange {
  id: number
  /** The device that sent it. */
  device: string
  request: string
  authorization: string | undefined
  body: string | undefined
  status: number
  challenge: string | null
  /** The data of the answer, or its error with the reason. */
  answer: string
}

interface Envelope {
  result?: { data?: unknown }
  error?: { message: string; data: { code: string; jwt: { reason: string } | null } }
}

const KEPT = 12

/** The last requests and answers, as a store for `useSyncExternalStore`. */
export function createWire() {
  const listeners = new Set<() => void>()
  let exchanges: readonly Exchange[] = []
  let lastId = 0

  return {
    get exchanges() {
      return exchanges
    },
    subscribe: (listener: () => void) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    /** A `fetch` that records its requests and answers. */
    fetchAs:
      (device: string) =>
      async (input: RequestInfo | URL | string, init: object = {}): Promise<Response> => {
        const request = new Request(input, init)
        const response = await fetch(request)
        const exchange = { id: (lastId += 1), device, ...sent(request, init), ...(await received(response.clone())) }
        exchanges = [exchange, ...exchanges].slice(0, KEPT)
        for (const listener of listeners) listener()
        return response
      },
  }
}

export type Wire = ReturnType<typeof createWire>

function sent({ url, method, headers }: Request, init: { body?: unknown }) {
  const { pathname, search } = new URL(url)
  const authorization = headers.get('authorization')
  return {
    request: `${method} ${decodeURIComponent(pathname + search)}`,
    authorization: authorization === null ? undefined : shorten(authorization),
    body:
      typeof init.body === 'string' ? shorten(init.body.replace(/"password":"[^"]*"/, '"password":"…"')) : undefined,
  }
}

async function received(response: Response) {
  const envelope: Envelope | undefined = await response.json().catch(() => undefined)
  return {
    status: response.status,
    challenge: response.headers.get('www-authenticate'),
    answer: envelope ? answered(envelope) : 'not an answer of the API',
  }
}

const answered = ({ result, error }: Envelope): string =>
  error
    ? `${error.data.code}${error.data.jwt ? ` (${error.data.jwt.reason})` : ''}: ${error.message}`
    : shorten(JSON.stringify(result?.data) ?? 'nothing')

/** Shortens tokens to their first and last letters: enough to tell two apart, too few to use one. */
const shorten = (text: string): string =>
  text.replaceAll(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, (token) => `${token.slice(0, 8)}…${token.slice(-4)}`)

import type { Clock, Zone } from './clock.ts'
import type { Server } from './server.ts'
import type { Exchange, Trace } from './trace.ts'

/** What becomes of a request. */
export interface Fate {
  /** How long the request takes to reach the server, in milliseconds. */
  readonly out: number
  /** How long the answer takes to come back. */
  readonly back: number
  /** What is lost, with or without an error; `busy`: a proxy answers 503 in the place of the server, before or after it. */
  readonly loss: 'none' | 'request' | 'answer' | 'silent request' | 'silent answer' | 'busy before' | 'busy after'
}

/** What lies between tabs and servers. */
export interface Network {
  readonly fetch: typeof fetch
  /** Whether nothing gets through. */
  down: boolean
  /** Ends all that is running, as if a cable was pulled, for all tabs or one that closed. */
  cut(zone?: Zone): void
}

interface Parts {
  readonly clock: Clock
  readonly trace: Trace
  readonly server: Server
  /** The fate of a call's first request; undefined for requests that the client makes for itself. */
  readonly fateOf: (calls: readonly number[]) => Fate
}

const FAILS_AFTER_MS = 1_000
const NETWORK_ERROR = 'simulated network error'

/** Makes the network. Each part of an exchange is a step of the side that it happens on. */
export function createNetwork({ clock, trace, server, fateOf }: Parts): Network {
  const running = new Map<(error: Error) => void, Zone>()

  function simulatedFetch(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    const { zone } = clock
    const url = new URL(input instanceof Request ? input.url : input)
    const headers = new Headers(init.headers)
    const text = typeof init.body === 'string' ? init.body : ''
    const calls = [...`${text} ${decodeURIComponent(url.search)}`.matchAll(/"n":(\d+)/g)].map(([, n]) => Number(n))
    const exchange: Exchange = {
      tab: zone.name,
      server: url.hostname,
      path: url.pathname.slice(1),
      at: clock.elapsed,
      calls,
      authorization: headers.get('authorization') ?? undefined,
      text: text + decodeURIComponent(url.href),
    }
    trace.requests.push(exchange)
    const fate = fateOf(calls)
    const { signal } = init

    return new Promise((resolve, reject) => {
      const aborted = new AbortController()
      const decoder = new TextDecoder()
      let isEvents = false
      let client: ReadableStreamDefaultController<Uint8Array> | undefined

      function settle(outcome: Exchange['outcome'], proceed: () => void): void {
        if (exchange.outcome) return
        Object.assign(exchange, { outcome, settledAt: clock.elapsed })
        proceed()
      }
      function fail(error: Error): void {
        running.delete(fail)
        signal?.removeEventListener('abort', abort)
        settle(error.name === 'AbortError' ? 'aborted' : 'lost', () => zone.over || reject(error))
        if (!zone.over) client?.error(error)
        if (!aborted.signal.aborted) clock.schedule(fate.out, server.zone, () => aborted.abort())
      }
      function abort(): void {
        fail((signal?.reason as Error | undefined) ?? new DOMException('Aborted', 'AbortError'))
      }
      function lose(silently: boolean): void {
        if (silently) settle('silent', () => {})
        else clock.schedule(FAILS_AFTER_MS, zone, () => fail(new TypeError(NETWORK_ERROR)))
      }
      const atClient = (work: () => void): unknown =>
        clock.schedule(fate.back, zone, () => {
          if (running.has(fail)) work()
        })
      function answerBusy(): void {
        atClient(() => settle('busy', () => resolve(simpleResponse('busy', { status: 503, headers: new Headers() }))))
      }

      async function serve(): Promise<void> {
        exchange.reachedAt = clock.elapsed
        const response = await server.handle({
          url: url.href,
          method: init.method ?? 'GET',
          headers,
          signal: aborted.signal,
          text: async () => text,
          json: async () => JSON.parse(text) as unknown,
        })
        const { status } = response
        const answered = { status, headers: response.headers }
        if (network.down || fate.loss === 'answer') return lose(false)
        if (fate.loss === 'silent answer') return lose(true)
        if (fate.loss === 'busy after') return answerBusy()
        isEvents = response.headers.get('content-type') === 'text/event-stream'
        if (isEvents || response.headers.get('transfer-encoding') === 'chunked') {
          const body = new ReadableStream<Uint8Array>({
            start: (controller) => void (client = controller),
            cancel: () => aborted.abort(),
          })
          atClient(() => settle('answered', () => resolve(new Response(body, answered))))
          return pump(response.body!, (chunk) => atClient(() => (chunk ? pass(chunk) : finish())))
        }
        const answer = await response.text()
        atClient(() => {
          running.delete(fail)
          signal?.removeEventListener('abort', abort)
          settle('answered', () => {
            exchange.answer = answer
            resolve(simpleResponse(answer, answered))
          })
        })
      }
      function pass(chunk: Uint8Array): void {
        client?.enqueue(chunk)
        if (isEvents) return
        Object.assign(exchange, { settledAt: clock.elapsed, answer: (exchange.answer ?? '') + decoder.decode(chunk) })
      }
      function finish(): void {
        running.delete(fail)
        client?.close()
      }

      running.set(fail, zone)
      if (signal?.aborted) return abort()
      signal?.addEventListener('abort', abort)
      if (network.down || fate.loss === 'request') lose(false)
      else if (fate.loss === 'silent request') lose(true)
      else if (fate.loss === 'busy before') answerBusy()
      else clock.schedule(fate.out, server.zone, () => void serve())
    })
  }

  const network: Network = {
    fetch: simulatedFetch,
    down: false,
    cut(of) {
      for (const [fail, zone] of running) {
        if (of === zone) fail(new DOMException('The tab was closed', 'AbortError'))
        else if (!of) clock.schedule(FAILS_AFTER_MS, zone, () => fail(new TypeError(NETWORK_ERROR)))
      }
    },
  }
  return network
}

/** The part of a `Response` that clients read. */
const simpleResponse = (text: string, { status, headers }: { status: number; headers: Headers }): Response =>
  ({
    status,
    headers,
    ok: status < 400,
    body: null,
    text: async () => text,
    json: async () => JSON.parse(text) as unknown,
  }) as Response

async function pump(body: ReadableStream<Uint8Array>, pass: (chunk: Uint8Array | undefined) => unknown): Promise<void> {
  const reader = body.getReader()
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) pass(read.value)
  } catch {}
  pass(undefined)
}

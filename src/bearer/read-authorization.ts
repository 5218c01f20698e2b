/**
 * Finds every `Authorization` value in the options that an adapter passes to `createContext`. A correct request has one.
 *
 * A value that two places repeat counts once: AWS Lambda has its headers twice, and a WebSocket has `connectionParams` too.
 */
export function readAuthorization(opts: unknown): readonly unknown[] {
  if (!isObject(opts)) return []
  const places = [...headerPlaces(requestOf(opts)), ...connectionParamsPlaces(opts['info'])]
  if (places.length === 1) return places[0] ?? []
  const values = places.flat()
  return places.some((place) => place.length > 1) ? values : [...new Set(values)]
}

/** The servers' `req`, AWS Lambda's `event`, or the options themselves: a `Request`, `Headers` or `{ headers }`. */
function requestOf(opts: Record<string, unknown>): Record<string, unknown> {
  const request = opts['req'] ?? opts['event'] ?? opts
  return isObject(request) ? request : {}
}

function headerPlaces(request: Record<string, unknown>): unknown[][] {
  const { headers, multiValueHeaders } = request
  if (isFetchHeaders(headers)) return [fetchValues(headers)]
  if (headers === undefined && isFetchHeaders(request)) return [fetchValues(request)]
  const values = [...plainValues(headers), ...repeatedRawHeaders(request)]
  return multiValueHeaders == null ? [values] : [values, plainValues(multiValueHeaders).flat()]
}

/** Only a WebSocket's. An HTTP request has its `connectionParams` in the URL, where no token belongs (RFC 9700 4.3.2). */
function connectionParamsPlaces(info: unknown): unknown[][] {
  return isObject(info) && info['url'] === null ? [plainValues(info['connectionParams'])] : []
}

const fetchValues = (headers: Headers): unknown[] => {
  const value = headers.get('authorization')
  return value === null ? [] : [value]
}

const plainValues = (headers: unknown): unknown[] =>
  isObject(headers)
    ? Object.keys(headers)
        .filter(isAuthorization)
        .map((name) => headers[name])
        .filter((value) => value != null)
    : []

/**
 * Node keeps only the first of two `Authorization` headers in `headers`; `rawHeaders` has both. Fastify's request has them
 * in `raw`.
 */
function repeatedRawHeaders(request: Record<string, unknown>): unknown[] {
  const { rawHeaders } = isObject(request['raw']) ? request['raw'] : request
  if (!Array.isArray(rawHeaders)) return []
  return rawHeaders.filter((name, i) => i % 2 === 0 && isAuthorization(name)).slice(1)
}

const isAuthorization = (name: unknown): boolean =>
  typeof name === 'string' && name.length === 13 && name.toLowerCase() === 'authorization'

const isFetchHeaders = (headers: unknown): headers is Headers =>
  isObject(headers) && typeof headers['get'] === 'function'

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

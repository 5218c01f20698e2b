/**
 * Every value of `Authorization` in what an adapter hands over: one for a request that is as it should be.
 *
 * Where two places carry the same value (AWS Lambda repeats its headers, a WebSocket has `connectionParams` too), it counts once.
 */
export function readAuthorization(opts: unknown): readonly unknown[] {
  if (!isObject(opts)) return []
  const places = [...headerPlaces(requestOf(opts)), ...connectionParamsPlaces(opts['info'])]
  if (places.length === 1) return places[0] ?? []
  const values = places.flat()
  return places.some((place) => place.length > 1) ? values : [...new Set(values)]
}

/** `req` of the servers, `event` of AWS Lambda, or what was given: a `Request`, `Headers` or `{ headers }`. */
function requestOf(opts: Record<string, unknown>): Record<string, unknown> {
  const request = opts['req'] ?? opts['event'] ?? opts
  return isObject(request) ? request : {}
}

function headerPlaces(request: Record<string, unknown>): unknown[][] {
  const { headers, multiValueHeaders } = request
  if (isFetchHeaders(headers)) return [fetchValues(headers)]
  if (headers === undefined && isFetchHeaders(request)) return [fetchValues(request)]
  const values = [...plainValues(headers), ...repeatedOnTheWire(request)]
  return multiValueHeaders == null ? [values] : [values, plainValues(multiValueHeaders).flat()]
}

/** Only a WebSocket's: those of an HTTP request stand in its URL, where no token belongs (RFC 9700 4.3.2). */
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

/** Node keeps the first of two Authorization lines in `headers`; only `rawHeaders` shows the second (Fastify's are in `raw`). */
function repeatedOnTheWire(request: Record<string, unknown>): unknown[] {
  const { rawHeaders } = isObject(request['raw']) ? request['raw'] : request
  if (!Array.isArray(rawHeaders)) return []
  return rawHeaders.filter((name, i) => i % 2 === 0 && isAuthorization(name)).slice(1)
}

const isAuthorization = (name: unknown): boolean =>
  typeof name === 'string' && name.length === 13 && name.toLowerCase() === 'authorization'

const isFetchHeaders = (headers: unknown): headers is Headers =>
  isObject(headers) && typeof headers['get'] === 'function'

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

import { expect, test } from 'vitest'

import { readAuthorization } from '../../src/bearer/read-authorization.ts'

const ANN = 'Bearer ann'
const BOB = 'Bearer bob'
const headers = { authorization: ANN }

test.each<[string, unknown, readonly unknown[]]>([
  ['nothing', undefined, []],
  ['a text', ANN, []],
  ['a request without headers', { req: {} }, []],
  ['headers that are a text', { req: { headers: ANN } }, []],
  ['headers that fetch made, empty', { req: { headers: new Headers() } }, []],
  ['a header without a value', { req: { headers: { authorization: undefined } } }, []],
  ['a header that is null', { req: { headers: { authorization: null } } }, []],
  ['a header of as many letters', { req: { headers: { 'cache-control': ANN } } }, []],
  ['a header whose name ends alike', { req: { headers: { 'proxy-authorization': ANN } } }, []],
  ['one header', { req: { headers } }, [ANN]],
  ['two headers that differ in case', { req: { headers: { ...headers, Authorization: ANN } } }, [ANN, ANN]],
  ['a request with a get of its own, as Express has', { req: { headers, get: () => null } }, [ANN]],
  ['an event of Lambda', { event: { headers } }, [ANN]],
  ['an event with multiValueHeaders: null', { event: { headers, multiValueHeaders: null } }, [ANN]],
  ['multiValueHeaders alone', { event: { headers: null, multiValueHeaders: { Authorization: [ANN] } } }, [ANN]],
  ['multiValueHeaders that say the same', { event: { headers, multiValueHeaders: { authorization: [ANN] } } }, [ANN]],
  [
    'multiValueHeaders that say another',
    { event: { headers, multiValueHeaders: { authorization: [BOB] } } },
    [ANN, BOB],
  ],
  [
    'multiValueHeaders that repeat the same',
    { event: { headers, multiValueHeaders: { authorization: [ANN, ANN] } } },
    [ANN, ANN, ANN],
  ],
  [
    'a line repeated on the wire',
    { req: { headers, rawHeaders: ['Authorization', ANN, 'authorization', ANN] } },
    [ANN, 'authorization'],
  ],
  [
    'a line repeated on Fastify’s wire',
    { req: { headers, raw: { rawHeaders: ['Authorization', ANN, 'Authorization', ANN] } } },
    [ANN, 'Authorization'],
  ],
  [
    'a wire with values that look like names',
    { req: { headers, rawHeaders: ['x', 'authorization', 'y', 'authorization', 'authorization', ANN] } },
    [ANN],
  ],
  ['a wire that carries no texts', { req: { headers, rawHeaders: [null, 1, { length: 13 }, 2, undefined] } }, [ANN]],
  ['a wire that is no list', { req: { headers, rawHeaders: 'Authorization' } }, [ANN]],
  ['the connectionParams of a WebSocket', { info: { url: null, connectionParams: headers } }, [ANN]],
  [
    'connectionParams and a header that agree',
    { req: { headers }, info: { url: null, connectionParams: headers } },
    [ANN],
  ],
  ['connectionParams of a WebSocket without any', { info: { url: null, connectionParams: null } }, []],
  ['the connectionParams of an HTTP request', { info: { url: new URL('http://x'), connectionParams: headers } }, []],
])('%s', (_what, opts, values) => {
  expect(readAuthorization(opts)).toEqual(values)
})

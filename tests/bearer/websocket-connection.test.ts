import { EventEmitter } from 'node:events'

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { createWebSocketConnection, socketOf } from '../../src/bearer/websocket-connection.ts'

const REQUEST = '{"id":1,"method":"query"}'
const OPENED = 1_800_000_000

beforeEach(() => {
  vi.useFakeTimers({ now: OPENED * 1_000 })
})
afterEach(() => {
  vi.useRealTimers()
})

const now = () => Date.now() / 1_000
const pass = (seconds: number) => vi.advanceTimersByTime(seconds * 1_000)

/** A connection that carries a token, and has got `frames` of its client. */
function open(...frames: readonly (readonly [frame: string, isBinary?: boolean])[]) {
  const socket = Object.assign(new EventEmitter(), { readyState: 1, send: vi.fn<(text: string) => void>() })
  const connection = createWebSocketConnection(socket, { status: 'present', token: 'first' })
  for (const [frame, isBinary = false] of frames) socket.emit('message', Buffer.from(frame), isBinary)
  return { socket, connection, asked: () => socket.send.mock.calls.flat() }
}

describe('a client is asked to reconnect', () => {
  test.each([
    [100, 75],
    [120, 90],
    [1_000, 970],
  ])('once, ahead of the end: a token of %i seconds after %i', (lifetime, after) => {
    const { connection, asked } = open([REQUEST])
    connection.scheduleReconnectNotice({ iat: OPENED, exp: OPENED + lifetime }, now())
    pass(after - 0.001)
    expect(asked()).toEqual([])
    pass(0.001)
    expect(asked()).toEqual(['{"id":null,"method":"reconnect"}'])
    connection.scheduleReconnectNotice({ iat: OPENED, exp: OPENED + lifetime * 2 }, now())
    pass(lifetime * 2)
    expect(asked()).toHaveLength(1)
  })

  test.each([
    ['is years ahead', 100_000_000, 40],
    ['is years behind', -100_000_000, 40],
  ])(
    'by the clock of the instance, though the clock of the machine %s, and is set back at last',
    (_what, ahead, age) => {
      const instanceNow = now()
      vi.setSystemTime((OPENED + ahead) * 1_000)
      const { connection, asked } = open([REQUEST])
      pass(age)
      vi.setSystemTime(OPENED * 1_000)
      connection.scheduleReconnectNotice({ iat: instanceNow, exp: instanceNow + 100 }, instanceNow + age)
      pass(75 - age - 0.001)
      expect(asked()).toEqual([])
      pass(0.001)
      expect(asked()).toHaveLength(1)
    },
  )

  test('never on a socket that has closed while a call was under way: no timer is left', () => {
    const { socket, connection } = open([REQUEST])
    socket.readyState = 3
    socket.emit('close')
    connection.scheduleReconnectNotice({ iat: OPENED, exp: OPENED + 900 }, now())
    expect(vi.getTimerCount()).toBe(0)
  })

  test('at once, where the call comes later than that', () => {
    const { connection, asked } = open([REQUEST])
    pass(99)
    connection.scheduleReconnectNotice({ exp: OPENED + 100 }, now())
    pass(0)
    expect(asked()).toHaveLength(1)
  })

  test('by the end of the token that its last call carried, however often it calls', () => {
    const { connection, asked } = open([REQUEST])
    connection.scheduleReconnectNotice({ exp: OPENED + 100 }, now())
    pass(10)
    connection.scheduleReconnectNotice({ exp: OPENED + 100 }, OPENED)
    expect(vi.getTimerCount()).toBe(1)
    pass(65)
    expect(asked()).toHaveLength(1)

    const other = open([REQUEST])
    other.connection.scheduleReconnectNotice({ exp: OPENED + 200 }, now())
    other.connection.scheduleReconnectNotice({ exp: OPENED + 400 }, now())
    expect(vi.getTimerCount()).toBe(1)
  })

  test('no sooner where a call carried a token that never ends', () => {
    const { connection, asked } = open([REQUEST])
    connection.scheduleReconnectNotice({ exp: OPENED + 100 }, now())
    connection.scheduleReconnectNotice({}, now())
    pass(0)
    expect(asked()).toEqual([])
  })

  test.each([
    ['has a quarter of its life left', 75, 0],
    ['has a little more left', 74.999, 1],
  ])('unless it came with a token that %s', (_what, age, timers) => {
    pass(age)
    const { connection } = open([REQUEST])
    connection.scheduleReconnectNotice({ iat: OPENED, exp: OPENED + 100 }, now())
    expect(vi.getTimerCount()).toBe(timers)
  })

  test.each([
    ['never', undefined, 0],
    ['beyond the longest timer', OPENED + 2_147_484 + 30, 0],
    ['just within it', OPENED + 2_147_483 + 30, 1],
  ])('not where the token ends %s', (_when, exp, timers) => {
    open([REQUEST]).connection.scheduleReconnectNotice({ exp }, now())
    expect(vi.getTimerCount()).toBe(timers)
  })

  test.each<[string, [string, boolean?][], number]>([
    ['one request', [[REQUEST]], 1],
    ['a batch', [[`[${REQUEST}]`]], 1],
    ['a request after what is none', [['PONG'], [REQUEST]], 1],
    ['a request before what is none', [[REQUEST], ['PONG']], 1],
    ['nothing', [], 0],
    ['bytes', [[REQUEST, true]], 0],
    ['a ping', [['PING']], 0],
    ['no object', [['null'], ['7'], ['"method"'], ['[]']], 0],
    ['an object that is no request', [['{"data":{}}']], 0],
  ])('if it speaks JSON: it has sent %s', (_what, frames, times) => {
    const { connection, asked } = open(...frames)
    connection.scheduleReconnectNotice({ exp: OPENED + 100 }, now())
    pass(100)
    expect(asked()).toHaveLength(times)
  })

  test('not while the socket closes, and not once it has closed', () => {
    const { socket, connection, asked } = open([REQUEST])
    connection.scheduleReconnectNotice({ exp: OPENED + 100 }, now())
    socket.readyState = 2
    pass(75)
    expect(asked()).toEqual([])

    const closed = open([REQUEST])
    closed.connection.scheduleReconnectNotice({ exp: OPENED + 200 }, now())
    closed.socket.emit('close')
    expect(vi.getTimerCount()).toBe(0)
  })

  test('not where it renews over the socket', () => {
    const { connection } = open([REQUEST])
    connection.scheduleReconnectNotice({ exp: OPENED + 100 }, now())
    connection.replaceBearer('second')
    expect(vi.getTimerCount()).toBe(0)
    connection.scheduleReconnectNotice({ exp: OPENED + 200 }, now())
    expect(vi.getTimerCount()).toBe(0)
  })
})

test('a rebinding is what calls carry from now on, and is told to who listens', () => {
  const { connection } = open()
  const [stays, leaves] = [vi.fn<() => void>(), vi.fn<() => void>()]
  connection.onBearerReplaced(stays)
  connection.onBearerReplaced(leaves)()
  expect(connection.bearer()).toEqual({ status: 'present', token: 'first' })
  connection.replaceBearer('second')
  expect(connection.bearer()).toEqual({ status: 'present', token: 'second' })
  connection.replaceBearer(undefined)
  expect(connection.bearer()).toEqual({ status: 'missing' })
  expect([stays.mock.calls.length, leaves.mock.calls.length]).toEqual([2, 0])
})

test('only what has no URL and can send and listen is a WebSocket', () => {
  const res = { send: () => {}, on: () => {} }
  const info = { url: null }
  const others = [
    undefined,
    null,
    {},
    { info },
    { res },
    { info: null, res },
    { info, res: null },
    { info, res: {} },
    { info, res: { send: res.send } },
    { info, res: { on: res.on } },
    { info: { url: new URL('http://x') }, res },
  ]
  expect(socketOf({ info, res })).toBe(res)
  expect(others.map(socketOf)).toEqual(others.map(() => undefined))
})

import type { AnsweredFor, AnsweredParams } from './hand-out.ts'
import type { SocketSignIns } from './socket-sign-ins.ts'

const OPEN = 1
/** The speaker of a connection that may have sent the parameters of several. No sign-in has this name, so it is closed. */
const UNKNOWN: AnsweredFor = { signIn: '', token: undefined }

/** What is needed of the client that `createWSClient` makes. */
export interface SocketClient {
  readonly connection: { readonly state: string; readonly ws: { close(): void; readonly readyState: number } } | null
  readonly connectionState: { get(): { readonly state: string } }
}

type Socket = NonNullable<SocketClient['connection']>['ws']

/** For whom the connections of one WebSocket client speak. */
export interface SocketSpeakers {
  /** Notes that `session.connectionParams` were answered, for a connection of this client or of another one. */
  noteAnswer(): void
  /** Notes for whom the present connection speaks. One that never asked for `session.connectionParams` is not ours to judge. */
  note(): void
  /** Notes that somebody has signed in over the present connection. It is kept for sign-ins only, and closed after them. */
  noteSignIn(): void
  /** Notes that the present connection has the token of a renewal from now on. */
  noteRenewal(signIn: string, answer: unknown): void
  /** Whether the present connection, if there is one, is open and speaks for a sign-in. */
  mayCarry(signIn: string | null): boolean
  /** Closes the connections that speak for others, also those that tRPC's client keeps beside the present one. */
  closeOthers(signIn: string | null): void
  /** Closes the present connection if it has another token: it gets the present one by new parameters. */
  closeUnless(token: string | undefined): void
}

/** Makes the notes on the connections of one WebSocket client. */
export function createSocketSpeakers(
  client: SocketClient,
  params: AnsweredParams,
  signIns: SocketSignIns,
): SocketSpeakers {
  const speakers = new Map<Socket, AnsweredFor>()
  const usedForSignIn = new WeakSet<Socket>()
  /** The answers since a connection was noted. Whose answer was whose cannot be told. */
  let answered: AnsweredFor | undefined
  // An earlier connection may have sent any of the answers so far.
  if (client.connection && params.latest) speakers.set(client.connection.ws, UNKNOWN)

  function note(): void {
    const { connection } = client
    if (connection?.state !== 'open' || !answered || speakers.has(connection.ws)) return
    speakers.set(connection.ws, answered)
    answered = undefined
  }

  function present(): AnsweredFor | undefined {
    note()
    return client.connection ? speakers.get(client.connection.ws) : undefined
  }

  function isFor(ws: Socket, signIn: string | null): boolean {
    const speaker = speakers.get(ws)
    const isSpent = usedForSignIn.has(ws) && !signIns.needNobodys
    return speaker === undefined || (speaker.signIn === signIn && !isSpent)
  }

  return {
    noteAnswer() {
      note()
      answered = answered ? common(answered, params.latest!) : params.latest
    },
    note,
    noteSignIn() {
      if (client.connection) usedForSignIn.add(client.connection.ws)
    },
    noteRenewal(signIn, answer) {
      const { token } = Object(answer) as { token?: string }
      if (present()?.signIn === signIn) speakers.set(client.connection!.ws, { signIn, token })
    },
    mayCarry(signIn) {
      note()
      const { connection } = client
      return connection === null || (connection.state === 'open' && isFor(connection.ws, signIn))
    },
    closeOthers(signIn) {
      note()
      for (const ws of speakers.keys()) {
        if (!isFor(ws, signIn) && ws.readyState === OPEN) ws.close()
        if (ws.readyState > OPEN) speakers.delete(ws)
      }
    },
    closeUnless(token) {
      const speaker = present()
      if (speaker && speaker.token !== token) client.connection?.ws.close()
    },
  }
}

/** What is sure of a connection that has sent one of two answers. */
function common(one: AnsweredFor, other: AnsweredFor): AnsweredFor {
  if (one.signIn !== other.signIn) return UNKNOWN
  return one.token === other.token ? one : { signIn: one.signIn, token: undefined }
}

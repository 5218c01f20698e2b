import type { AnsweredFor, AnsweredParams } from './hand-out.ts'
import type { SocketSignIns } from './socket-sign-ins.ts'

const OPEN = 1
/** The speaker of a connection that may have sent older parameters. No sign-in has this name, so it is closed once it opens. */
const UNKNOWN: AnsweredFor = { signIn: '', token: undefined }

/** What is needed of the client that `createWSClient` makes. */
export interface SocketClient {
  readonly connection: { readonly state: string; readonly ws: { close(): void; readonly readyState: number } } | null
  readonly connectionState: { get(): { readonly state: string } }
}

type Socket = NonNullable<SocketClient['connection']>['ws']

/** For whom the connections of one WebSocket client speak. */
export interface SocketSpeakers {
  /** Notes for whom the present connection speaks. One that never asked for `session.connectionParams` is not ours to judge. */
  note(): void
  /** Notes that a connection which is still opening may have sent older parameters. */
  doubt(): void
  /** Notes that somebody has signed in over the present connection. It is kept for sign-ins only, and closed after them. */
  noteSignIn(): void
  /**
   * Notes that a sign-in was renewed over the present connection, and its new token if it was answered. The server may have given
   * a connection that was not its own to it.
   */
  noteRenewal(signIn: string | null, token: string | undefined): void
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
  // An earlier connection may have sent any of the answers so far.
  if (client.connection && params.latest) speakers.set(client.connection.ws, UNKNOWN)

  function note(): void {
    const { connection } = client
    if (connection?.state !== 'open' || !params.latest || speakers.has(connection.ws)) return
    speakers.set(connection.ws, params.latest)
  }

  function noteSignIn(): void {
    if (client.connection) usedForSignIn.add(client.connection.ws)
  }

  function isFor(ws: Socket, signIn: string | null): boolean {
    const speaker = speakers.get(ws)
    const isSpent = usedForSignIn.has(ws) && !signIns.needNobodys
    return speaker === undefined || (speaker.signIn === signIn && !isSpent)
  }

  return {
    note,
    doubt() {
      const { connection } = client
      if (connection && connection.state !== 'open') speakers.set(connection.ws, UNKNOWN)
    },
    noteSignIn,
    noteRenewal(signIn, token) {
      const { connection } = client
      const speaker = connection && speakers.get(connection.ws)
      if (!speaker) return
      if (speaker.signIn !== signIn) noteSignIn()
      else if (token !== undefined) speakers.set(connection.ws, { signIn, token })
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
      const { connection } = client
      const speaker = connection && speakers.get(connection.ws)
      if (speaker && speaker.token !== token) connection.ws.close()
    },
  }
}

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
  /** Notes the answer to a renewal over the present connection. One without a token gets that of the answer. */
  noteRenewal(answer: unknown): void
  /** Closes the connections that speak for others, also those that tRPC's client keeps beside the present one. */
  closeOthers(signIn: string | null): void
  /** Closes the present connection if it has an older token: it gets the present one by new parameters. */
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

  function note(): void {
    const { connection } = client
    if (connection?.state !== 'open' || !params.latest || speakers.has(connection.ws)) return
    speakers.set(connection.ws, params.latest)
  }

  function noteSignIn(): void {
    if (client.connection) usedForSignIn.add(client.connection.ws)
  }

  return {
    note,
    doubt() {
      const { connection } = client
      if (connection && connection.state !== 'open') speakers.set(connection.ws, UNKNOWN)
    },
    noteSignIn,
    noteRenewal(answer) {
      const { connection } = client
      const speaker = connection && speakers.get(connection.ws)
      const { token } = Object(answer) as { token?: string }
      if (speaker) speakers.set(connection.ws, { signIn: speaker.signIn, token })
    },
    closeOthers(signIn) {
      note()
      for (const [ws, speaker] of speakers) {
        const isSpent = usedForSignIn.has(ws) && !signIns.needNobodys
        if ((isSpent || speaker.signIn !== signIn) && ws.readyState === OPEN) ws.close()
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

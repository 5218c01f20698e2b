import type { Device, Owner, Tab, Via } from './device.ts'
import { now, refusalOf } from './ledger.ts'
import { named } from './runs.ts'

/** The text that ends the calls of a sign-in which is no longer the current one. */
export const CHANGED = 'The sign-in has changed'

const OF_A_SESSION_THAT_ENDED: readonly string[] = [
  'UNAUTHORIZED: Invalid token',
  'UNAUTHORIZED: Not authorised',
  'UNAUTHORIZED: Token expired',
]

let calls = 0

/** What was known of a call when it was made. */
interface Made {
  readonly what: string
  readonly via: Via
  readonly since: number
  readonly owner: Owner | undefined
}

/** One call, which must be answered to its owner, and must have run as its owner. */
export async function call(device: Device, tab: Tab, via: Via): Promise<void> {
  const before = tab.owner()
  // nobody's calls on a socket go as whoever the socket speaks for
  const isMutation = Math.random() < 0.5 && (before !== undefined || via === 'HTTP')
  calls += 1
  const name = `call ${calls} of ${tab.name}, over ${via}`
  const since = now()
  const client = tab.clients[via]
  const answering = isMutation ? client.record.mutate({ call: name }) : client.identify.query()
  // a tab without anybody reads the storage first: the call is of whom it finds there
  const owner = before ?? tab.owner()
  if (isMutation) device.runs.expect(name, owner)
  const made: Made = { what: name, via, since, owner }
  try {
    judgeAnswer(device, made, await answering)
  } catch (error) {
    judgeRefusal(device, tab, { ...made, error })
  }
}

function judgeAnswer(
  { world: { ledger }, asked }: Device,
  made: Made,
  who: Owner | { sub: string; sid: string },
): void {
  const { what, via, owner, since } = made
  if (!owner && via === 'a WebSocket') ledger.count('calls of nobody, over a socket, answered as of whom it spoke for')
  else if (who.sid !== owner?.sid) ledger.violation(`${what}: made as ${named(owner)}, answered as ${named(who)}`)
  else if (asked.hadEndedAt(owner.sid, since)) ledger.violation(`${what}: ACCEPTED though ${named(who)} had ended`)
  else ledger.count(`calls of users who switch, over ${via}`)
}

/** Judges why a call or a subscription ended. Answers whether that is as it must be. */
export function judgeRefusal(
  device: Device,
  tab: Tab,
  { what, via, owner, since, error }: Made & { error: unknown },
): void {
  const { ledger } = device.world
  const refusal = refusalOf(error)
  const hasChanged = owner !== undefined && tab.owner()?.signInId !== owner.signInId
  if (error instanceof Error && error.message === CHANGED) {
    const gaveWay = via === 'a WebSocket' && device.asked.wasOvertaken(since)
    if (hasChanged) ledger.count('calls that ended because the sign-in had changed')
    else if (gaveWay) ledger.count('calls that gave way to a sign-in over their socket')
    else ledger.violation(`${what}: ended as if ${named(owner)} were no longer signed in`)
  } else if (!owner && (refusal === 'UNAUTHORIZED: Authentication required' || via === 'a WebSocket')) {
    ledger.count('calls of nobody, refused')
  } else if (owner && device.asked.isEnding(owner.sid) && OF_A_SESSION_THAT_ENDED.includes(refusal)) {
    ledger.count('calls that ended with their session')
  } else if (hasChanged && refusal === 'UNAUTHORIZED: Token expired') {
    ledger.count('calls that ended because the sign-in had changed')
  } else if (!ledger.isExcusedToRenew(refusal, since)) {
    ledger.violation(`${what}: made as ${named(owner)}, refused by "${refusal}" (${String(error)})`)
  }
}

import { bareClient } from './clients.ts'
import { call, CHANGED } from './device-calls.ts'
import { listenInTab } from './device-streams.ts'
import { openDevice, VIAS, type Device, type Tab, type Via } from './device.ts'
import { now, refusalOf } from './ledger.ts'
import { named, type Runs } from './runs.ts'
import { about, pick, untilOver, type World } from './world.ts'

/** A device until the end of the run. */
export interface Switcher {
  readonly done: Promise<unknown>
  readonly signOut: () => Promise<void>
  readonly close: () => Promise<void>
}

/** Devices on which Ann and Bob sign in and out in turn, in either tab, while both tabs call and listen. */
export const switchers = (world: World, runs: Runs, howMany: number): Switcher[] =>
  Array.from({ length: howMany }, (_, n) => startSwitcher(openDevice(world, runs, n), n))

function startSwitcher(device: Device, n: number): Switcher {
  const { world, tabs } = device
  let rounds = 0
  const busy = tabs.flatMap((tab) => [
    untilOver(world, 250, () => burst(device, tab)),
    ...VIAS.map((via) => listenInTab(device, tab, via)),
  ])
  const switching = untilOver(world, 0, async () => {
    rounds += 1
    await pick(WAYS)(device, `${rounds % 2 === 0 ? 'ann' : 'bob'}-${n}`)
    world.ledger.count('switches of users')
    await about(Math.random() < 0.2 ? 25_000 : 1_500)
  })
  return {
    done: Promise.all([...busy, switching]),
    async signOut() {
      await agree(device)
      if (tabs[0].owner()) await signOut(device, tabs[0], 'HTTP')
      await agree(device)
      if (tabs[1].owner()) world.ledger.violation(`${device.name} is signed in after the last sign-out`)
    },
    close: async () => void (await Promise.all(tabs.map((tab) => tab.close()))),
  }
}

/** Some calls at once, of which some get into one batch. */
async function burst(device: Device, tab: Tab): Promise<void> {
  const several = Array.from({ length: pick([1, 1, 3]) }, () => call(device, tab, pick(VIAS)))
  await Promise.all(several)
}

/** Calls in both tabs that are under way while something happens. */
async function amid(device: Device, act: () => Promise<unknown>): Promise<void> {
  const before = device.tabs.map((tab) => burst(device, tab))
  const acting = act()
  await Promise.all([...before, acting, ...device.tabs.map((tab) => burst(device, tab))])
}

type Way = (device: Device, name: string) => Promise<unknown>

const WAYS: readonly Way[] = [
  // without a sign-out
  (device, name) => amid(device, () => signIn(device, pick(device.tabs), name)),
  async (device, name) => {
    const tab = pick(device.tabs)
    await amid(device, () => signOut(device, tab, pick(VIAS)))
    await about(pick([1, 50, 400]))
    await amid(device, () => signIn(device, tab, name))
  },
  // forgotten here only, and the other tab signs in
  async (device, name) => {
    const [one, two] = device.tabs
    const [tab, other] = pick([[one, two] as const, [two, one] as const])
    await amid(device, async () => {
      device.asked.out()
      await tab.session.signOut()
    })
    await about(pick([1, 50, 400]))
    await amid(device, () => signIn(device, other, name))
  },
  // both tabs at once: the later one wins
  (device, name) =>
    amid(device, async () => {
      const first = signIn(device, device.tabs[0], name)
      await about(pick([1, 5, 20]))
      await Promise.all([first, signIn(device, device.tabs[1], `other-${name}`)])
    }),
  // one tab, twice
  (device, name) =>
    amid(device, async () => {
      const tab = pick(device.tabs)
      const first = signIn(device, tab, `other-${name}`)
      await about(pick([1, 5, 20]))
      await Promise.all([first, signIn(device, tab, name)])
    }),
  // one tab signs out while the other one signs in
  (device, name) =>
    amid(device, async () => {
      const first = signIn(device, device.tabs[0], name)
      await about(pick([5, 20]))
      await Promise.all([first, signOut(device, device.tabs[1], pick(VIAS))])
    }),
  // the session is ended elsewhere
  async (device, name) => {
    await endElsewhere(device)
    await about(500)
    await amid(device, () => signIn(device, pick(device.tabs), name))
  },
]

async function signIn(device: Device, tab: Tab, name: string): Promise<void> {
  const { asked, world } = device
  const via: Via = pick(VIAS)
  const askedAt = now()
  try {
    await tab.clients[via].token.create.mutate({ name })
    const owner = tab.owner()
    if (owner?.sub === name) world.ledger.count('sign-ins of users who switch')
    else if (!asked.wasOvertaken(askedAt + 0.5)) {
      world.ledger.violation(`${tab.name}: ${name} signed in, and it is ${named(owner)} who is signed in`)
    }
  } catch (error) {
    const refusal = refusalOf(error)
    const wasOvertaken = asked.wasOvertaken(askedAt + 0.5)
    const isOurs = error instanceof Error && (error.message === CHANGED || refusal === 'UNAUTHORIZED: Not authorised')
    if (wasOvertaken && isOurs) world.ledger.count('sign-ins that a later one overtook')
    else if (!world.ledger.isExcused(refusal, askedAt)) {
      world.ledger.violation(`${tab.name}: ${name} could not sign in over ${via}: "${refusal}" (${String(error)})`)
    }
  }
}

async function signOut(device: Device, tab: Tab, via: Via): Promise<void> {
  const { asked, world } = device
  if (!tab.owner()) return
  const since = now()
  asked.out()
  try {
    await tab.clients[via].token.revoke.mutate()
    world.ledger.count('revocations')
  } catch (error) {
    const wasCutOff = via === 'a WebSocket' && refusalOf(error) === 'connection lost' && tab.changedAt() >= since
    if (wasCutOff) world.ledger.count('sign-outs whose socket was closed by a sign-in')
    else if (!world.ledger.isExcused(refusalOf(error), since)) {
      world.ledger.violation(`${tab.name}: a sign-out was answered "${refusalOf(error)}" (${String(error)})`)
    }
  }
  if (!tab.session.signedIn) world.ledger.count('sign-outs of users who switch')
}

/** Ends the session of a device as from another one. */
async function endElsewhere({ tabs, asked, world }: Device): Promise<void> {
  const owner = tabs[0].owner()
  const { authorization } = await tabs[0].session.headers()
  if (!owner || authorization === undefined || tabs[0].owner()?.sid !== owner.sid) return
  const since = now()
  asked.ending(owner.sid)
  try {
    await bareClient(pick(world.servers), authorization.slice('Bearer '.length)).leave.mutate()
    asked.ended(owner.sid)
    world.ledger.count('revocations')
  } catch (error) {
    const refusal = refusalOf(error)
    if (refusal === 'UNAUTHORIZED: Token expired' || refusal === 'UNAUTHORIZED: Invalid token') return
    if (!world.ledger.isExcused(refusal, since)) world.ledger.violation(`${owner.sub} could not leave: "${refusal}"`)
  }
}

/** Once both tabs have read the storage, they have the same sign-in, or none. */
async function agree({ tabs, world, name }: Device): Promise<void> {
  // each call reads the storage at once; what comes after may change it again
  const calls = tabs.map((tab) => tab.clients.HTTP.hello.query().catch(() => {}))
  const [one, other] = tabs.map((tab) => tab.session.signInId)
  await Promise.all(calls)
  if (one === other) world.ledger.count('devices whose tabs agreed')
  else world.ledger.violation(`${name}: its tabs hold two sign-ins`)
}

import { act } from './act.ts'
import type { Evidence } from './evidence.ts'
import { replaceGlobals } from './globals.ts'
import { createRandom } from './random.ts'
import type { Schedule } from './schedule.ts'
import type { CreateSession } from './session.ts'
import { closeTab, openTab, type Tab } from './tab.ts'
import { createWorld, type World } from './world.ts'

const FINE = { out: 1, back: 1, loss: 'none' } as const
const realImmediate = setImmediate

/** Runs a schedule in virtual time, and returns what happened. */
export async function simulate(schedule: Schedule, createSession: CreateSession): Promise<Evidence> {
  const world = createWorld(schedule, createSession, async () => {
    await new Promise(realImmediate)
    notice(world)
  })
  const { clock, listeners, locks, network, tabs } = world
  const closed = new Map<string, number>()
  const restore = replaceGlobals({
    clock,
    random: createRandom(schedule.seed),
    fetch: network.fetch,
    locks: locks.manager,
    listen: (type, listener) => {
      if (type === 'storage') listeners.get(clock.zone)?.push(listener)
    },
  })
  try {
    schedule.tabs.forEach((wiring, index) => tabs.push(openTab(world, `tab ${index}`, wiring)))
    await clock.pass(500)
    for (const { after, action } of schedule.actions) {
      await clock.pass(after)
      const before = [...tabs]
      act(world, action, schedule.tabs)
      for (const { zone } of before) if (zone.over && !closed.has(zone.name)) closed.set(zone.name, clock.elapsed)
      await clock.pass(0)
    }
    await settle(world, schedule)
    const living = tabs.filter(({ zone }) => !zone.over)
    return {
      schedule,
      trace: world.trace,
      shownAtEnd: living.map((tab) => ({ tab: tab.zone.name, signIn: tab.shown() })),
      closed,
      waits: waitsOf(world),
    }
  } finally {
    for (const tab of tabs) closeTab(world, tab)
    restore()
  }
}

/** Writes down whom the tab that ran shows, if it is somebody else than before. */
function notice({ clock, tabs, trace }: World): void {
  const tab = tabs.find(({ zone }) => zone === clock.zone)
  if (!tab) return
  const signIn = tab.shown()
  const last = trace.shown.filter((shown) => shown.tab === tab.zone.name).at(-1)
  if ((last?.signIn?.id ?? null) !== (signIn?.id ?? null))
    trace.shown.push({ tab: tab.zone.name, at: clock.elapsed, signIn })
}

/** Lets everything come to rest, and every tab read the storage. */
async function settle(world: World, schedule: Schedule): Promise<void> {
  const { clock, network, server, storage, tabs } = world
  world.isSettling = true
  network.down = false
  server.failing = false
  await clock.pass(35_000)
  for (let round = 0; round < 2; round += 1) {
    storage.tellAll()
    for (let index = 0; index < tabs.length; index += 1)
      act(world, { do: 'call', tab: index, path: 'anyoneLook', over: 'http', fate: FINE }, schedule.tabs)
    await clock.pass(5_000)
  }
  for (const tab of tabs) clock.schedule(0, tab.zone, () => closeSubscriptions(tab))
  await clock.pass(30_000)
  for (let round = 0; round < 2; round += 1) {
    storage.tellAll()
    await clock.pass(1_000)
  }
}

function closeSubscriptions({ subscriptions }: Tab): void {
  for (const subscription of subscriptions) subscription.unsubscribe()
}

/** How long calls over HTTP waited while none of their requests was on its way. */
function waitsOf({ tabs, trace }: World): Evidence['waits'] {
  const neverLate = new Set(
    tabs.filter(({ zone }) => zone.hiddenUntil === 0 && zone.frozenUntil === 0).map(({ zone }) => zone.name),
  )
  return trace.calls.flatMap(({ n, at, over, path, settledAt, tab }) => {
    if (over === 'socket' || path.endsWith('eed') || settledAt === undefined || !neverLate.has(tab)) return []
    const requests = trace.requests.filter(({ calls }) => calls.includes(n))
    const onTheWay = requests.reduce((sum, request) => sum + ((request.settledAt ?? settledAt) - request.at), 0)
    return [{ call: n, ms: settledAt - at - onTheWay }]
  })
}

import { isTaken, oddText } from './odd-texts.ts'
import type { Action } from './schedule.ts'
import { namedIn } from './stored-entry.ts'
import { closeTab, openTab, type Tab, type Wiring } from './tab.ts'
import type { Call } from './trace.ts'
import type { World } from './world.ts'

type Of<Name extends Action['do']> = Extract<Action, { do: Name }>
type Made = Pick<Call, 'path' | 'over'> & { readonly user?: string }

/** Does what an action says, as steps of whoever does it. */
export function act(world: World, action: Action, wirings: readonly Wiring[]): void {
  const { clock, server, trace } = world
  const inTab = (index: number, work: (tab: Tab) => void): void => {
    const tab = world.tabs[index % world.tabs.length]!
    clock.schedule(0, tab.zone, () => work(tab))
  }
  const atServer = (work: () => void, delay = 0): unknown => clock.schedule(delay, server.zone, work)
  const excuse = (why: (typeof trace.excuses)[number]['why']): unknown => trace.excuses.push({ at: clock.elapsed, why })
  function writeOdd(number: number): void {
    const text = oddText(number, world.storage.text)
    excuse(isTaken(number) || !text ? 'odd text' : 'text that is no entry')
    world.storage.write(text)
  }

  switch (action.do) {
    case 'sign in':
      return inTab(action.tab, (tab) => signIn(world, tab, action))
    case 'revoke':
      return inTab(action.tab, (tab) => {
        const call = make(world, tab, { path: 'token.revoke', over: way(tab, action.over) })
        world.fates.set(call.n, action.fate)
        follow(world, tab, {
          call,
          answer: tab.client.mutation('token.revoke', { n: call.n }, { context: { over: call.over } }),
        })
      })
    case 'sign out':
      return inTab(action.tab, (tab) => {
        const call = make(world, tab, { path: 'signOut', over: 'http' })
        follow(world, tab, { call, answer: tab.session.signOut() })
      })
    case 'call':
      return inTab(action.tab, (tab) => callOnce(world, tab, action))
    case 'keep calling': {
      const call = { ...action, do: 'call', path: 'look', over: 'http' } as const
      const { zone } = world.tabs[action.tab % world.tabs.length]!
      for (let time = 0; time < action.times; time += 1)
        clock.schedule(time * action.every, zone, () => {
          if (!world.isSettling) inTab(action.tab, (tab) => callOnce(world, tab, call))
        })
      return undefined
    }
    case 'subscribe':
      return inTab(action.tab, (tab) => subscribe(world, tab, action))
    case 'unsubscribe':
      return inTab(action.tab, (tab) => tab.subscriptions.pop()?.unsubscribe())
    case 'end sessions':
      return void atServer(() => void server.endSessions(action.user).catch(() => {}))
    case 'change role':
      return void atServer(() => server.changeRole(action.user))
    case 'hide':
      return inTab(action.tab, ({ zone }) => (zone.hiddenUntil = clock.elapsed + action.ms))
    case 'freeze':
      return inTab(action.tab, ({ zone }) => (zone.frozenUntil = clock.elapsed + action.ms))
    case 'close':
    case 'reload': {
      const index = action.tab % world.tabs.length
      const tab = world.tabs[index]!
      if (!tab.zone.over) closeTab(world, tab)
      if (action.do === 'reload')
        world.tabs[index] = openTab(world, `${tab.zone.name}'`, wirings[index % wirings.length]!)
      return undefined
    }
    case 'lose network':
      world.network.down = true
      world.network.cut()
      world.sockets.cut()
      return void atServer(() => (world.network.down = false), action.ms)
    case 'fail store':
      server.failing = true
      return void atServer(() => (server.failing = false), action.ms)
    case 'write':
      return writeOdd(action.text)
    case 'move server clock':
      excuse('server clock')
      server.moved += action.ms
      return undefined
    case 'move device clock':
      excuse('device clock')
      clock.moved += action.ms
      return undefined
    case 'wait':
      return undefined
  }
}

const way = (tab: Tab, over: 'http' | 'socket' | 'other'): 'http' | 'socket' =>
  over === 'socket' && tab.hasSocket ? 'socket' : 'http'

const isMutation = (path: string): boolean => path === 'act' || path === 'anyoneAct'

/** Writes down a call at the moment when it is made. */
function make({ clock, trace }: World, tab: Tab, made: Made): Call {
  const named = new Set(namedIn(tab.stored()))
  const call = { n: trace.calls.length + 1, tab: tab.zone.name, at: clock.elapsed, shown: tab.shown(), named, ...made }
  trace.calls.push(call)
  return call
}

function follow({ clock }: World, tab: Tab, { call, answer }: { call: Call; answer: Promise<unknown> }): void {
  answer.then(
    () => Object.assign(call, { settledAt: clock.elapsed, shownThen: tab.shown() }),
    (error: unknown) => Object.assign(call, { settledAt: clock.elapsed, error }),
  )
}

function signIn(world: World, tab: Tab, { user, over, fate }: Of<'sign in'>): void {
  const call = make(world, tab, { path: 'token.create', over: way(tab, over), user })
  world.fates.set(call.n, fate)
  const answer = tab.client.mutation('token.create', { user, n: call.n }, { context: { over: call.over } })
  follow(world, tab, { call, answer })
}

function callOnce(world: World, tab: Tab, { path, over, fate }: Of<'call'>): void {
  const call = make(world, tab, { path, over: way(tab, over) })
  world.fates.set(call.n, fate)
  const client = over === 'other' ? tab.other : tab.client
  const options = { context: { over: call.over } }
  follow(world, tab, {
    call,
    answer: isMutation(path)
      ? client.mutation(path, { n: call.n }, options)
      : client.query(path, { n: call.n }, options),
  })
}

function subscribe(world: World, tab: Tab, { path, over, fate }: Of<'subscribe'>): void {
  const { clock, trace } = world
  const call = make(world, tab, { path, over: way(tab, over) })
  world.fates.set(call.n, fate)
  const end = (error?: unknown): unknown =>
    Object.assign(call, { settledAt: clock.elapsed, ...(error !== undefined && { error }) })
  const subscription = tab.client.subscription(
    path,
    { n: call.n },
    {
      context: { over: call.over },
      onData: (event) => {
        const { sid, sub } = (event as { data: { sid?: string; sub?: string } }).data
        trace.events.push({ n: call.n, at: clock.elapsed, sid, sub })
      },
      onError: end,
      onComplete: () => end(),
    },
  )
  tab.subscriptions.push({
    unsubscribe() {
      call.settledAt ??= clock.elapsed
      subscription.unsubscribe()
    },
  })
}

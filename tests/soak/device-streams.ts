import { setTimeout as sleep } from 'node:timers/promises'

import { judgeRefusal } from './device-calls.ts'
import type { Device, Tab, Via } from './device.ts'
import { now } from './ledger.ts'
import { named } from './runs.ts'

/** Listens for whoever is signed in, one sign-in after another, until the run is over. */
export async function listenInTab(device: Device, tab: Tab, via: Via): Promise<void> {
  const { over } = device.world
  while (!over.aborted) {
    await (tab.owner() ? listenOnce(device, tab, via) : sleep(50))
  }
}

/** A subscription of one sign-in: no event may be of another one, and none may come once another one has begun. */
function listenOnce(device: Device, tab: Tab, via: Via): Promise<void> {
  const { over, ledger } = device.world
  const owner = tab.owner()
  const what = `a subscription of ${tab.name}, over ${via}`
  let heardAt = now()
  return new Promise((resolve) => {
    const subscription = tab.clients[via].mine.subscribe(undefined, {
      onData(who) {
        const current = tab.owner()
        if (who.sid !== owner?.sid) ledger.violation(`${what}: made as ${named(owner)}, heard of ${named(who)}`)
        else if (current?.signInId !== owner.signInId) {
          ledger.violation(`${what}: made as ${named(owner)}, went on under ${named(current)}`)
        } else ledger.count(`events of users who switch, over ${via}`)
        heardAt = now()
      },
      onError(error) {
        judgeRefusal(device, tab, { what, via, owner, since: heardAt, error })
        setTimeout(leave, 50)
      },
      onComplete() {
        if (!over.aborted) ledger.violation(`${what}: came to an end`)
        leave()
      },
    })
    over.addEventListener('abort', leave)
    function leave(): void {
      over.removeEventListener('abort', leave)
      subscription.unsubscribe()
      resolve()
    }
  })
}

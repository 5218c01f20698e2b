/** Runs the suite in workerd. */
import { workerd } from './start-workerd.mjs'

const response = await workerd.dispatchFetch('http://localhost/suite')
console.log(await response.text())
await workerd.dispose()

import v8 from 'node:v8'
import vm from 'node:vm'

v8.setFlagsFromString('--expose-gc')
const gc = vm.runInNewContext('gc') as () => void

/** What this process holds on to, in MiB. */
export function heapInUse(): number {
  gc()
  gc()
  return process.memoryUsage().heapUsed / 2 ** 20
}

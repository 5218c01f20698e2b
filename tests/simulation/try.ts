import { explore } from './explore.ts'
import { createSession } from '../../src/client.ts'
const [runs='200', seed='1', only] = process.argv.slice(2)
const f = await explore(createSession as never, { runs: Number(runs), seed: Number(seed), only: only?.split(',').map(Number) })
console.log(JSON.stringify(f, null, 1), 'ms per schedule', f.ms / f.schedules)
process.exit()

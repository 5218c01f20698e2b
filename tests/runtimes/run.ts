/** Runs the suite in Node, Bun or Deno. */
import { runSuite } from './suite.ts'

await runSuite((line) => console.log(line))

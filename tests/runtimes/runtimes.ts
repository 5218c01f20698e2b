/** Something that runs the suite, or serves the app. */
export interface Runtime {
  /** For the suite, what the runtime says of itself. */
  name: string
  command: readonly [string, ...string[]]
}

const node = (major: number) => `node_modules/n${major}/bin/node`
const bun = 'node_modules/.bin/bun'
const deno = ['node_modules/.bin/deno', 'run', '-A'] as const
const majors = [20, 22, 24, 26]

/** Each prints a line per case of the suite. */
export const runtimes: Runtime[] = [
  ...majors.map((major): Runtime => ({ name: `Node ${major}`, command: [node(major), 'run.js'] })),
  { name: 'Bun', command: [bun, 'run.js'] },
  { name: 'Deno', command: [...deno, 'run.js'] },
  { name: 'workerd', command: [node(22), 'run-in-workerd.mjs'] },
]

/** Each serves the app until it is stopped, and prints its port. */
export const servers: Runtime[] = [
  ...majors.map((major): Runtime => ({ name: `Node ${major}'s http server`, command: [node(major), 'serve-node.js'] })),
  { name: 'Bun.serve', command: [bun, 'serve-bun.js'] },
  { name: 'Deno.serve', command: [...deno, 'serve-deno.js'] },
  { name: 'workerd over a socket', command: [node(22), 'serve-workerd.mjs'] },
]

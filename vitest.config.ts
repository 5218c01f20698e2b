import { fileURLToPath } from 'node:url'

import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: {
    alias: [
      { find: /^trpc-jwt-trivial$/, replacement: fileURLToPath(new URL('src/index.ts', import.meta.url)) },
      { find: /^trpc-jwt-trivial\/(.+)$/, replacement: fileURLToPath(new URL('src/$1.ts', import.meta.url)) },
    ],
  },
  test: {
    include: ['tests/**/*.test.ts'],
    testTimeout: 20_000, // a busy machine is no failure
    maxWorkers: 2, // most tests wait for sockets and timers; on 2 cores the default is one worker
    exclude: ['tests/consumer/**', 'tests/runtimes/**'],
    typecheck: { include: ['tests/**/*.test-d.ts'], tsconfig: './tsconfig.json' },
    coverage: { include: ['src/**'] },
  },
})

import { Miniflare } from 'miniflare'

/** The bundled worker in workerd, on a port of its own. */
export const workerd = new Miniflare({
  modules: true,
  scriptPath: 'worker.js',
  compatibilityDate: '2026-07-01',
  cf: false,
  bindings: { JWT_PASSPHRASE: 'a passphrase for the runtime tests, and nothing else' },
})

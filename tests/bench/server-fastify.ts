import fastifyJwt from '@fastify/jwt'
import fastify, { type FastifyInstance } from 'fastify'

import { PASSPHRASE } from '../support/mint.ts'
import { serveOneOf } from './servers.ts'

const open = (app: FastifyInstance) => app.get('/hello', async () => ({ result: { data: 'hello' } }))

const guarded = (app: FastifyInstance) => open(app.addHook('onRequest', async (request) => request.jwtVerify()))

const [bare, plain, cached] = [fastify(), fastify(), fastify()]
await plain.register(fastifyJwt, { secret: PASSPHRASE })
await cached.register(fastifyJwt, { secret: PASSPHRASE, verify: { cache: true } })
await Promise.all([open(bare), guarded(plain), guarded(cached)].map((app) => app.ready()))

await serveOneOf({
  open: () => (request, response) => bare.routing(request, response),
  jwt: () => (request, response) => plain.routing(request, response),
  cached: () => (request, response) => cached.routing(request, response),
})

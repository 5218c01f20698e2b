import express from 'express'
import { expressjwt } from 'express-jwt'

import { PASSPHRASE } from '../support/mint.ts'
import { serveOneOf } from './servers.ts'

const hello: express.RequestHandler = (_, response) => void response.json({ result: { data: 'hello' } })

await serveOneOf({
  open: () => express().get('/hello', hello),
  jwt: () => express().get('/hello', expressjwt({ secret: PASSPHRASE, algorithms: ['HS256'] }), hello),
})

import { addDemo } from '../demo.ts'
import { ann } from '../people.ts'
import { addressOf } from '../server.ts'
import { startPage } from './start-page.ts'

const port = Number(process.env['PORT'] ?? 3000)

await addDemo()
try {
  const url = addressOf(await startPage(port))
  console.log(`The playground is at ${url}. You can also call its API without the page:

  curl ${url}/api/900s/token.create -H 'Content-Type: application/json' -d '${JSON.stringify(ann)}'
  curl -i ${url}/api/900s/me -H 'Authorization: Bearer …'
`)
} catch (error) {
  if ((error as { code?: unknown }).code !== 'EADDRINUSE') throw error
  console.error(`Port ${port} is in use. Use another one: PORT=${port + 1} npm start`)
  process.exitCode = 1
}

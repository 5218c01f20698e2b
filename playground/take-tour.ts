import type { AppRouter } from './app.ts'
import { addDemo } from './demo.ts'
import { createGuide } from './guide.ts'
import { closeStore } from './jwt.ts'
import { printBad, printGood, printTitle } from './print.ts'
import { addressOf, startServer } from './server.ts'
import { takeSteps } from './steps.ts'

/** Starts the notes API, walks through it as a client, and leaves the program's exit code at 1 if something did not go as told. */
export async function takeTour(router: AppRouter): Promise<void> {
  await addDemo()
  const server = await startServer(0, router)
  const url = addressOf(server)
  printTitle(`The notes API is at ${url}.`)
  try {
    await takeSteps(createGuide(url))
    printGood('All went as told.')
  } catch (error) {
    printBad('That did not go as told.')
    console.error(error)
    process.exitCode = 1
  } finally {
    server.close()
    server.closeAllConnections()
    await closeStore()
  }
}

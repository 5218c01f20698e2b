import type { AppRouter } from './app.ts'
import { addDemo } from './demo.ts'
import { createGuide } from './guide.ts'
import { closeStore } from './jwt.ts'
import { printBad, printGood, printTitle } from './print.ts'
import { addressOf, startServer } from './server.ts'
import { takeSteps } from './steps.ts'

/** Starts the notes API and walks through it as a client. Sets the exit code to 1 if a step has another result than expected. */
export async function takeTour(router: AppRouter): Promise<void> {
  await addDemo()
  const server = await startServer(0, router)
  const url = addressOf(server)
  printTitle(`The notes API is at ${url}.`)
  try {
    await takeSteps(createGuide(url))
    printGood('All steps had the expected result.')
  } catch (error) {
    printBad('A step had another result than expected.')
    console.error(error)
    process.exitCode = 1
  } finally {
    server.close()
    server.closeAllConnections()
    await closeStore()
  }
}

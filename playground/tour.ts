import { appRouter } from './app.ts'
import { takeTour } from './take-tour.ts'

await takeTour(appRouter)

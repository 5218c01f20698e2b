import { takeTour } from '../../playground/take-tour.ts'
import { brokenRouters } from './broken-routers.ts'

const router = brokenRouters[process.argv[2] as keyof typeof brokenRouters]
await takeTour(router)

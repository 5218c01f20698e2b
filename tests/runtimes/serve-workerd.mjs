import { workerd } from './start-workerd.mjs'

const { port } = await workerd.ready
console.log(`listening on ${port}`)

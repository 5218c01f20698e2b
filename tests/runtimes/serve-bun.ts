import { createApp } from './app.ts'

interface Options {
  hostname: string
  port: number
  fetch: (req: Request) => Promise<Response>
}
declare const Bun: { serve: (options: Options) => { port: number } }

const { port } = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: createApp().fetch })
console.log(`listening on ${port}`)

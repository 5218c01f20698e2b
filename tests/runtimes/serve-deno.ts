import { createApp } from './app.ts'

interface Options {
  hostname: string
  port: number
  onListen: (address: { port: number }) => void
}
declare const Deno: { serve: (options: Options, handler: (req: Request) => Promise<Response>) => unknown }

const onListen = ({ port }: { port: number }): void => console.log(`listening on ${port}`)
Deno.serve({ hostname: '127.0.0.1', port: 0, onListen }, createApp().fetch)

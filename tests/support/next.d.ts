/** What tRPC's Next.js adapter takes of Next.js, which is too large to install for its types alone. */
declare module 'next' {
  import type { IncomingMessage, ServerResponse } from 'node:http'

  export type NextApiRequest = IncomingMessage & {
    query: Partial<Record<string, string | string[]>>
    cookies: Partial<Record<string, string>>
    body: unknown
  }
  export type NextApiResponse = ServerResponse
  export type NextApiHandler = (req: NextApiRequest, res: NextApiResponse) => unknown
}

/** The headers of the request that a server component renders for. */
declare module 'next/headers' {
  export function headers(): Promise<Headers>
}

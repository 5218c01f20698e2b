import type { Credentials } from './client.ts'

/** Credentials without renewal: one token until it expires, as in a client without `createSession`. */
export function holdToken(authorization: string | undefined): Credentials {
  const headers = authorization === undefined ? {} : { authorization }
  return {
    headers: async () => headers,
    connectionParams: async () => (authorization === undefined ? null : { authorization }),
    eventSourceOptions: () => ({
      async fetch(url, init) {
        const all = new Headers(init?.headers)
        if (authorization !== undefined) all.set('authorization', authorization)
        return fetch(url, { ...init, headers: all })
      },
    }),
  }
}

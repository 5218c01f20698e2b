import { createClientApi, serveClientApi, type ClientApiOptions } from './client-api.ts'

/** Two served APIs, of one session store unless `other` has its own. */
export async function serveTwoServers(options: { own?: ClientApiOptions; other?: ClientApiOptions } = {}) {
  const own = createClientApi(options.own)
  const other = createClientApi({ store: own.store, ...options.other })
  const [{ url }, { url: otherUrl }] = [await serveClientApi(own), await serveClientApi(other)]
  return { own, other, url, otherUrl }
}

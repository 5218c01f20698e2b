import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'

import { createHTTPHandler } from '@trpc/server/adapters/standalone'
import { applyWSSHandler } from '@trpc/server/adapters/ws'
import { build } from 'esbuild'
import { chromium, type Browser } from 'playwright-core'
import { afterAll, onTestFinished } from 'vitest'
import { WebSocketServer } from 'ws'

import { createClientApi, type ClientApiOptions } from './client-api.ts'
import { listenHttp } from './endpoint.ts'
import { cannotTest } from './own-process.ts'

const CHROMIUM = '/usr/bin/chromium'

/** Starts Debian's Chromium with a profile of its own, until the tests of the file have ended. */
export async function startBrowser(): Promise<Browser | undefined> {
  if (!existsSync(CHROMIUM)) return cannotTest(`there is no ${CHROMIUM}`)
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
  afterAll(() => browser.close())
  return browser
}

/** Serves a page and its API on one origin, and opens it in two tabs that share a storage, until the test ends. */
export async function openTwoTabs(
  browser: Browser,
  options: Pick<ClientApiOptions, 'expiresIn'> = { expiresIn: '3s' },
) {
  const { url, api, refreshes } = await serveSite(options)
  const context = await browser.newContext()
  onTestFinished(() => context.close())
  const errors: string[] = []
  context.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  context.on('weberror', (webError) => {
    errors.push(String(webError.error()))
  })
  const open = async () => {
    const page = await context.newPage()
    await page.goto(url)
    return { page, shown: () => page.textContent('output') }
  }
  return { first: await open(), second: await open(), errors, refreshes, api }
}

async function serveSite(options: ClientApiOptions) {
  const api = createClientApi(options)
  const { router, jwt } = api
  const handler = createHTTPHandler({ router, basePath: '/trpc/', ...jwt })
  const html = `<!doctype html><link rel="icon" href="data:,"><body><script type="module">${await bundlePage()}</script>`
  let refreshes = 0
  const server = createServer((req, res) => {
    if (req.url?.startsWith('/trpc/token.refresh')) refreshes += 1
    if (req.url?.startsWith('/trpc/')) handler(req, res)
    else res.setHeader('content-type', 'text/html').end(html)
  })
  const wss = new WebSocketServer({ server })
  applyWSSHandler({ wss, router, createContext: jwt.createContext })
  onTestFinished(() => {
    for (const socket of wss.clients) socket.terminate()
  })
  const { url } = await listenHttp(server)
  return { url: url.replace('127.0.0.1', 'localhost'), api, refreshes: () => refreshes }
}

async function bundlePage(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('browser-page.ts', import.meta.url))],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    write: false,
  })
  return outputFiles.map(({ text }) => text).join('')
}

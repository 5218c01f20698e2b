import { mint, PASSPHRASE } from '../support/mint.ts'

const now = Math.floor(Date.now() / 1000)
const claims = { role: 'reader', auth_time: now, jti: 'b0VJkzEvRc5Vw9XGqgPSnQ', iat: now, exp: now + 3600 }

/** A token as ours are, with one claim of the app's, or with more. */
export const tokenOf = (user: number, more: Record<string, unknown> = {}, passphrase: string = PASSPHRASE): string =>
  mint({ sub: `user ${user}`, ...claims, ...more }, { passphrase })

/** The same text as a server gets it: in a new string, which nobody has looked at yet. */
export const received = (text: string): string => Buffer.from(text, 'latin1').toString('latin1')

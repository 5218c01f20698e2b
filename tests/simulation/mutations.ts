/** A breakage of the client, as a text to find in one of its files, exactly once, and another in its place. */
export interface Mutation {
  /** The rule that it breaks. */
  readonly rule: number
  readonly what: string
  /** A file of `src/client`. */
  readonly file: string
  readonly find: string
  readonly replace: string
}

/** At least one for each rule. The simulation must find each of them. */
export const mutations: readonly Mutation[] = [
  {
    rule: 1,
    what: 'headers give the current token to whatever call asks',
    file: 'call-owner.ts',
    find: 'if (names.size < 2 && (name === null || name === currentName))',
    replace: 'if (names.size < 9)',
  },
  {
    rule: 1,
    what: 'a call belongs to whom the storage names, whomever the tab showed',
    file: 'app-call.ts',
    find: 'let signIn = before ?? store.name',
    replace: 'let signIn = store.name',
  },
  {
    rule: 1,
    what: 'a subscription goes on when its sign-in is left',
    file: 'app-call.ts',
    find: '(isSubscription || !isSent) && isOver()',
    replace: '!isSent && isOver()',
  },
  {
    rule: 2,
    what: 'a tab takes over whatever it reads',
    file: 'sign-in-store.ts',
    find: 'if (stored) adopt(stored)',
    replace: 'if (stored) entry = stored',
  },
  {
    rule: 2,
    what: 'the time of a sign-in is that of the clock, though the clock went back',
    file: 'sign-in-store.ts',
    find: 'Math.max(Date.now(), entry.since + 1, lastSince + 1)',
    replace: 'Date.now()',
  },
  {
    rule: 2,
    what: 'a sign-out is no later than the sign-in that it ends',
    file: 'sign-in-store.ts',
    find: 'await offer({ since: nextSince(), name: randomName(), renewals: 0 })',
    replace: 'await offer(endOf(entry))',
  },
  {
    rule: 3,
    what: 'the latest answer wins',
    file: 'token-calls.ts',
    find: 'keep({ ...asked, ',
    replace: 'keep({ ...asked, since: store.nextSince(), ',
  },
  {
    rule: 3,
    what: 'a sign-in that was overtaken succeeds',
    file: 'token-calls.ts',
    find: 'if (store.name === signIn.name) return',
    replace: 'return',
  },
  {
    rule: 3,
    what: 'the session of an overtaken sign-in goes on',
    file: 'token-calls.ts',
    find: 'route.revoke(signIn).catch(() => {})',
    replace: 'void 0',
  },
  {
    rule: 4,
    what: 'calls wait a minute for a renewal',
    file: 'renewal.ts',
    find: 'const EXPIRED_WAIT_MS = 8_000',
    replace: 'const EXPIRED_WAIT_MS = 60_000',
  },
  {
    rule: 4,
    what: 'nobody notes when a refresh token was sent',
    file: 'renewal.ts',
    find: 'await store.offer({ ...signIn, sentAt: Math.min(signIn.sentAt ?? beganAtMs, beganAtMs) })',
    replace: '',
  },
  {
    rule: 4,
    what: 'a refresh token is repeated after the grace',
    file: 'send-window.ts',
    find: 'export const MARGIN_MS = 2_500',
    replace: 'export const MARGIN_MS = -20_000',
  },
  {
    rule: 4,
    what: 'a refresh token is sent after the grace, though the access token is good',
    file: 'send-window.ts',
    find: 'return isOver && (',
    replace: 'return (',
  },
  {
    rule: 5,
    what: 'renewals go through the link of another server',
    file: 'link.ts',
    find: 'if (router === null) return appCall',
    replace: "if (router === null) return (call) => (routes.open('token', call.next), appCall(call))",
  },
  {
    rule: 6,
    what: 'a call passes on, whomever the connection speaks for',
    file: 'socket-speakers.ts',
    find: 'return speaker === undefined || (speaker.signIn === signIn && !isSpent)',
    replace: 'return true',
  },
  {
    rule: 6,
    what: 'calls on a socket outlive their sign-in',
    file: 'socket-calls.ts',
    find: 'if (canEnd && call.signIn !== signIn) call.fail(store.whyOver(call.signIn))',
    replace: 'void call',
  },
  {
    rule: 7,
    what: 'any text is a token',
    file: 'entry.ts',
    find: 'areTokens(entry, JWT)',
    replace: 'areTokens(entry, /^/)',
  },
  {
    rule: 7,
    what: 'an entry may be of any future',
    file: 'entry.ts',
    find: 'since < Date.now() + MAX_AHEAD_MS &&',
    replace: '',
  },
  {
    rule: 8,
    what: 'no pause after a renewal that failed',
    file: 'renewal.ts',
    find: 'ageOf(failure.atMs) < PAUSE_MS',
    replace: 'ageOf(failure.atMs) < 0',
  },
  {
    rule: 8,
    what: 'a refresh token is repeated at every look',
    file: 'send-window.ts',
    find: 'sinceLastMs < graceMs / 3',
    replace: 'sinceLastMs < 0',
  },
]

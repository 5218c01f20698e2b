const START = Date.UTC(2026, 10, 27)
const DAY_MS = 86_400_000

/** What would be an entry of a session, but for what is given. */
const forged = (fields: object): string =>
  JSON.stringify({
    since: START + DAY_MS,
    name: 'stranger',
    renewals: 0,
    router: 'token',
    token: 'a.b.c',
    refreshToken: 'd.e.f',
    dueAt: START + DAY_MS,
    endsAt: START + DAY_MS,
    graceMs: 10_000,
    ...fields,
  })

/** Texts that no session of ours wrote, some made of the one that lies there. `null` removes it. */
const ODD: readonly ((text: string | null) => string | null)[] = [
  () => null,
  () => '',
  () => 'null',
  () => '[]',
  () => '{',
  () => '"token"',
  () => '{"token":1}',
  () => '{"token":"a b.c.d","since":1}',
  () => '{"token":"ä.b.c","endsAt":null,"lifetime":null,"since":9007199254740991}',
  () => '{"token":"a\\nb.c.d","endsAt":null,"lifetime":null,"refreshToken":"x"}',
  () => '{"token":"","endsAt":null,"lifetime":null}',
  () => JSON.stringify({ token: 'a.b.c'.repeat(10_000), endsAt: null, lifetime: null, since: 1 }),
  () => forged({}),
  () => forged({ token: 'a\nb.c.d' }),
  () => forged({ token: 'ä.b.c' }),
  () => forged({ token: '\u{1f600}' }),
  () => forged({ token: 'a.b.c'.repeat(10_000) }),
  () => forged({ token: undefined, since: Number.MAX_SAFE_INTEGER }),
  () => forged({ token: undefined, since: Number.MAX_SAFE_INTEGER, name: 'zzzzzzzzzzzzzzzz' }),
  () => forged({ token: undefined, since: START + 399 * DAY_MS }),
  () => forged({ sentAt: Number.MAX_SAFE_INTEGER, renewals: -1 }),
  () => forged({ refreshToken: 1, graceMs: null }),
  (text) => text?.slice(0, -5) ?? null,
  (text) => text?.replace(/"token":"[^"]*"/, '"token":"\\u2028.\\u2029.x"') ?? null,
  (text) => text?.replaceAll(/\d{10,}/g, '9007199254740991') ?? null,
  (text) => text?.replaceAll(/\d{10,}/g, '9'.repeat(400)) ?? null,
  (text) => text?.replaceAll(/\d{10,}/g, '-1') ?? null,
  (text) => text?.replaceAll(/\d{10,}/g, '"soon"') ?? null,
]

/** The numbers of entries that are too far in the future. */
export const FUTURE: readonly number[] = [17, 18]
/** The numbers of texts that are entries, or remove one. A tab may be signed out by those only. */
const TAKEN: ReadonlySet<number> = new Set([0, 1, 12, 19])

/** Whether a tab may take the odd text of a number for an entry, or for its removal. */
export const isTaken = (number: number): boolean => TAKEN.has(number % ODD.length)

/** The odd text of a number. */
export const oddText = (number: number, text: string | null): string | null => ODD[number % ODD.length]!(text)

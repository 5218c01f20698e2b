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
  (text) => text?.slice(0, -5) ?? null,
  (text) => text?.replace(/"token":"[^"]*"/, '"token":"\\u2028.\\u2029.x"') ?? null,
  (text) => text?.replaceAll(/\d{10,}/g, '9007199254740991') ?? null,
  (text) => text?.replaceAll(/\d{10,}/g, '9'.repeat(400)) ?? null,
  (text) => text?.replaceAll(/\d{10,}/g, '-1') ?? null,
  (text) => text?.replaceAll(/\d{10,}/g, '"soon"') ?? null,
]

/** The odd text of a number. */
export const oddText = (number: number, text: string | null): string | null => ODD[number % ODD.length]!(text)

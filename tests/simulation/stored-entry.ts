/** The session that the tokens of a stored text belong to; undefined if there is no token in it. */
export function sidOf(text: string | null): string | undefined {
  const payload = /"[\w-]+\.([\w-]+)\.[\w-]+"/.exec(text ?? '')?.[1]
  if (payload === undefined) return undefined
  try {
    return (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { sid?: string }).sid
  } catch {
    return undefined
  }
}

/** Whom a stored text names, be it a sign-in that no server knows. */
export const namedIn = (text: string | null): readonly string[] =>
  /"token":"[\w-]+\.[\w-]+\.[\w-]+"/.test(text ?? '') ? [sidOf(text) ?? 'nobody that is known'] : []

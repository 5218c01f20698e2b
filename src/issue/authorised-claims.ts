/** Makes every member read-only, at every depth, so that the literals of a configuration keep their types. */
export type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T

/** The claims that an app puts into a token: those of its `claims` schema, `sub` and `scope`. */
export type OwnClaims<ClaimsIn> = DeepReadonly<ClaimsIn> & {
  readonly sub?: string
  readonly scope?: string | readonly string[]
}

/**
 * What `authorise` may return: claims, or `true` for no claims (if the schema requires none). `false`, `null` and `undefined`
 * refuse.
 */
export type ClaimsFor<ClaimsIn> = OwnClaims<ClaimsIn> | ({} extends ClaimsIn ? true : false) | false | null | undefined

/** Whether `authorise` or `reauthorise` refused. */
export const isRefusal = (answer: unknown): boolean => answer === false || answer === null || answer === undefined

/**
 * Returns the claims that `authorise` or `reauthorise` returned.
 *
 * @throws {TypeError} if it returned something else
 */
export function authorisedClaims(name: 'authorise' | 'reauthorise', answer: unknown): object {
  if (answer === true) return {}
  if (typeof answer === 'object' && answer !== null && !Array.isArray(answer)) return answer
  const kind = Array.isArray(answer) ? 'an array' : `a ${typeof answer}`
  throw new TypeError(`${name} must return claims, true, false, null or undefined; got ${kind}.`)
}

/** Every text that can be got out of a value by its own properties, enumerable or not, all the way down. */
export function everyTextIn(value: unknown, seen = new Set()): string[] {
  if (typeof value === 'string' || typeof value === 'number') return [String(value)]
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) return []
  seen.add(value)
  return Reflect.ownKeys(value).flatMap((key) => [
    String(key),
    ...everyTextIn((value as Record<PropertyKey, unknown>)[key], seen),
  ])
}

/** Whether an authorisation function said no. */
export const refuses = (answer: unknown): boolean => answer === false || answer === null || answer === undefined

/**
 * The claims that an authorisation function answered.
 *
 * @throws {TypeError} where it answered something else
 */
export function answeredClaims(name: 'authorise' | 'reauthorise', answer: unknown): object {
  if (answer === true) return {}
  if (typeof answer === 'object' && answer !== null && !Array.isArray(answer)) return answer
  const kind = Array.isArray(answer) ? 'list' : typeof answer
  throw new TypeError(`${name} must answer claims, true, false, null or undefined; got a ${kind}.`)
}

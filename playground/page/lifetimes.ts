/** The lifetimes that the page offers, in seconds. */
export const LIFETIMES = [10, 30, 60, 300, 900] as const

export type Lifetime = (typeof LIFETIMES)[number]

/** The path of the API that issues tokens with a lifetime. */
export const apiPath = (lifetime: Lifetime): string => `/api/${lifetime}s`

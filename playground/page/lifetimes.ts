/** How long the page's access tokens may be made to live, in seconds. */
export const LIFETIMES = [10, 30, 60, 300, 900] as const

export type Lifetime = (typeof LIFETIMES)[number]

/** Where the API that issues such tokens is. */
export const apiPath = (lifetime: Lifetime): string => `/api/${lifetime}s`

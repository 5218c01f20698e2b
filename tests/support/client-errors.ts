/** The text of the error of a call that ends because another sign-in, or none, has taken the place of its own. */
export const CHANGED = 'The sign-in has changed'

/** For `catch`: what a failed call says. */
export const textOf = (error: Error): string => error.message

/** The UNAUTHORIZED error of a server, as its client gets it. */
export const unauthorized = (message: string) => ({ message, data: { code: 'UNAUTHORIZED', httpStatus: 401 } })

/** The error text of a call that ends because its sign-in has ended or changed. */
export const CHANGED = 'The sign-in has changed'

/** For `catch`: the text of the error. */
export const textOf = (error: Error): string => error.message

/** The UNAUTHORIZED error of a server, as its client gets it. */
export const unauthorized = (message: string) => ({ message, data: { code: 'UNAUTHORIZED', httpStatus: 401 } })

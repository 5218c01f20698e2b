/** The credentials of Ann, who may read and write. */
export const ann = { email: 'ann@example.org', password: 'tea at four, as ever' }

/** The credentials of Bob, who may read. */
export const bob = { email: 'bob@example.org', password: 'a dog called Pancake' }

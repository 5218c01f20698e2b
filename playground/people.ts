/** What Ann signs in with, who reads and writes. */
export const ann = { email: 'ann@example.org', password: 'tea at four, as ever' }

/** And Bob, who reads. */
export const bob = { email: 'bob@example.org', password: 'a dog called Pancake' }

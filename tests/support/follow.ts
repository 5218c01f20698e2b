import { onTestFinished } from 'vitest'

import type { createClient } from './client-api.ts'

type Client = ReturnType<typeof createClient>['client']

/** Follows the counting stream, and keeps what it saw: numbers, and errors. */
export function follow(client: Client) {
  const numbers: number[] = []
  const errors: string[] = []
  const subscription = client.count.subscribe(undefined, {
    onData: ({ data }) => numbers.push(data),
    onError: ({ message }) => errors.push(message),
  })
  return { numbers, errors, unsubscribe: () => subscription.unsubscribe() }
}

/** Reads a stream of words until the test ends, and keeps what it saw: words, and errors. */
export function readWords(client: Client, path: 'lateStream' | 'mail' | 'quiet') {
  const words: string[] = []
  const errors: string[] = []
  const subscription = client[path].subscribe(undefined, {
    onData: (word) => words.push(word),
    onError: ({ message }) => errors.push(message),
  })
  const unsubscribe = () => subscription.unsubscribe()
  onTestFinished(unsubscribe)
  return { words, errors, unsubscribe }
}

/** The numbers from 1 on, as many as there are. */
export const countUp = ({ length }: readonly unknown[]): number[] => Array.from({ length }, (_, i) => i + 1)

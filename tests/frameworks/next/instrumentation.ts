/** Runs when the server starts, never in a build: a missing passphrase is said then, not at the first call. */
export async function register(): Promise<void> {
  await import('./server/trpc.ts')
}

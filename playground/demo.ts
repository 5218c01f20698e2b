import { notes } from './app.ts'
import { ann, bob } from './people.ts'
import { addUser } from './users.ts'

/** Adds two users, Ann (may read and write) and Bob (may read), and a first note. */
export async function addDemo(): Promise<void> {
  await Promise.all([
    addUser({ id: 'u1', name: 'Ann', scope: 'notes:read notes:write' }, ann),
    addUser({ id: 'u2', name: 'Bob', scope: 'notes:read' }, bob),
  ])
  notes.write({ title: 'Welcome', text: 'Everybody who may read can read all notes.', author: 'Ann' })
}

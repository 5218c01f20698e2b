import { notes } from './app.ts'
import { ann, bob } from './people.ts'
import { addUser } from './users.ts'

/** Ann reads and writes, Bob reads. */
export async function addDemo(): Promise<void> {
  await Promise.all([
    addUser({ id: 'u1', name: 'Ann', scope: 'notes:read notes:write' }, ann),
    addUser({ id: 'u2', name: 'Bob', scope: 'notes:read' }, bob),
  ])
  notes.write({ title: 'Welcome', text: 'Whoever may read, reads all notes.', author: 'Ann' })
}

import { EventEmitter, on } from 'node:events'

/** A note, as its readers get it. */
export interface Note {
  id: number
  title: string
  text: string
  author: string
}

/** The notes of everybody, in memory: your database. */
export function createNotes() {
  const notes: Note[] = []
  const events = new EventEmitter<{ written: [Note] }>().setMaxListeners(0)

  // The notes after one, and those to come, until the signal.
  async function* watch(afterId: number, signal: AbortSignal | undefined): AsyncGenerator<Note, void> {
    const written = on(events, 'written', { ...(signal && { signal }) })
    yield* notes.slice(afterId)
    for await (const [note] of written as AsyncIterable<[Note]>) yield note
  }

  return {
    count: () => notes.length,
    list: () => notes.map(({ id, title, author }) => ({ id, title, author })),
    read: (id: number) => notes.find((note) => note.id === id),
    watch,
    write: (note: Omit<Note, 'id'>): Note => {
      const written = { id: notes.length + 1, ...note }
      notes.push(written)
      events.emit('written', written)
      return written
    },
  }
}

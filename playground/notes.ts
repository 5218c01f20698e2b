import { EventEmitter, on } from 'node:events'

/** A note, as readers get it. */
export interface Note {
  id: number
  title: string
  text: string
  author: string
}

/** Keeps all notes in memory. Your app has a database instead. */
export function createNotes() {
  const notes: Note[] = []
  const events = new EventEmitter<{ written: [Note] }>().setMaxListeners(0)

  // The notes after the given one, and all later notes, until the signal is aborted.
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

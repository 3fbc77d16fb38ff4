/**
 * The SharedBoard port: where the instances of a service leave notes for each other. Plain callbacks, no promises.
 *
 * It promises little, so that a key-value store, a message bus or a memory can be one: notes arrive late, some never, some
 * twice, and at any time it may fall silent. Whoever follows it decides well without it and better with it; nothing waits
 * for it. What of a note is still true is the reader's to say, who has a clock of its own.
 */
export interface SharedBoard {
  readonly name: string
  /**
   * Puts up this peer's note on a topic in place of the one before, for `ttlMs`; disposing takes it down, unless another has
   * taken its place. A board that cannot be reached keeps it and puts it up when it can, as long as it lasts.
   */
  publish(topic: string, note: string, ttlMs: number): Disposable
  /**
   * Follows what the other peers say on a topic; one's own notes are not told. First comes what is there, inside the call
   * or later.
   */
  watch(topic: string, sink: BoardSink): Disposable
  /** Takes all its notes down and tells nothing more. */
  close(): void
}

export interface BoardSink {
  /** What a peer says now. The last word of each is told in the end; not each word, and perhaps the same again. */
  note(peer: string, note: string): void
  /**
   * A peer says nothing any more: its note was taken down or has run out. After an interruption it is told of all that have
   * gone meanwhile. While the board cannot be reached it is told of nobody.
   */
  gone(peer: string): void
}

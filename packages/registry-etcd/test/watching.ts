import type { Instance } from '@seakeep/core'
import type { RegistrySink } from '@seakeep/core/spi'

/** What one watcher was told, errors and goodbyes included. */
export class EtcdWatching implements RegistrySink {
  readonly lists: (readonly Instance[])[] = []
  readonly errors: Error[] = []
  /** Ids that were told as having said goodbye. */
  readonly left = new Set<string>()
  unknowns = 0
  /** The last word was an error. */
  isInterrupted = false

  get list(): readonly Instance[] {
    return this.lists.at(-1) ?? []
  }

  get ids(): readonly string[] {
    return this.list.map(({ id }) => id)
  }

  get shortest(): number {
    return Math.min(...this.lists.map(({ length }) => length))
  }

  instances(list: readonly Instance[], left?: ReadonlySet<string>): void {
    this.isInterrupted = false
    this.lists.push(list)
    for (const id of left ?? []) this.left.add(id)
  }

  unknown(): void {
    this.isInterrupted = false
    this.unknowns++
  }

  error(error: Error): void {
    this.isInterrupted = true
    this.errors.push(error)
  }
}

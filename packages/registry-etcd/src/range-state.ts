import { Buffer } from 'node:buffer'
import type { Header, KeyValue, RangeResponse, WatchEvent, WatchResponse } from './etcd-messages.ts'

/** One key is now so, or is there no more. */
export interface Change {
  readonly key: string
  readonly kv: KeyValue | undefined
}

/** What follows from something etcd has said about a range of keys. */
export type RangeStep =
  | { readonly kind: 'nothing' }
  /** The watch stands: all that happens from `resume` on will be told. */
  | { readonly kind: 'stands' }
  | { readonly kind: 'changed'; readonly changes: readonly Change[] }
  /** The watch cannot go on from where it was: list again and compare. */
  | { readonly kind: 'list' }
  /** etcd has ended the watch for a reason of its own. */
  | { readonly kind: 'refused'; readonly reason: string }

const NOTHING: RangeStep = { kind: 'nothing' }
const LIST: RangeStep = { kind: 'list' }

/**
 * What is known of a range of keys, and from which revision on etcd has to tell more: decisions without any input or
 * output. Two rules carry it. The revision moves on with events that were *delivered*, the last fragment included, and
 * with nothing else: a client that takes it from the answer to its question for a watch (microsoft/etcd3) skips what it
 * missed when that watch is cut before the events came. And a list is compared with what is known, so that what happened
 * between two of them is told as well, deletions too (etcd-io/etcd#8668, #9386).
 */
export class RangeState {
  /** The revision to watch from; 0 before the first list. */
  resume: bigint = 0n
  /** Each key with its modification revision. */
  readonly #keys = new Map<string, string>()
  #header: Header | undefined = undefined
  #fragments: WatchEvent[] = []
  /** The list is of this connection's time: a member that is behind it is only late. */
  #isListFresh = false

  /** The range, read whole. */
  listed({ header, kvs }: RangeResponse): RangeStep {
    const isOther = this.#isOther(header)
    const found = new Set<string>()
    const changes: Change[] = []
    for (const kv of kvs) {
      const key = keyOf(kv)
      found.add(key)
      // Revisions of two histories say nothing about each other.
      if (isOther || this.#keys.get(key) !== kv.modRevision) changes.push({ key, kv })
      this.#keys.set(key, kv.modRevision)
    }
    for (const key of [...this.#keys.keys()]) {
      if (found.has(key)) continue
      this.#keys.delete(key)
      changes.push({ key, kv: undefined })
    }
    this.#header = header
    this.#fragments = []
    this.#isListFresh = true
    this.resume = BigInt(header.revision) + 1n
    return { kind: 'changed', changes }
  }

  /** What came over the stream for this watch. */
  received(message: WatchResponse): RangeStep {
    if (message.canceled) {
      this.#fragments = []
      const isCompacted = BigInt(message.compactRevision) > 0n || message.cancelReason.includes('compacted')
      return isCompacted ? LIST : { kind: 'refused', reason: message.cancelReason }
    }
    if (message.created) {
      if (!this.#isListFresh && this.#isOther(message.header)) return LIST
      return { kind: 'stands' }
    }
    // Without events it is word of progress, which says nothing of what is still on its way.
    if (message.events.length === 0 && !message.fragment) return NOTHING
    this.#fragments.push(...message.events)
    return message.fragment ? NOTHING : this.#deliver()
  }

  /** The stream is gone, and the fragments that came over it. */
  dropped(): void {
    this.#fragments = []
    this.#isListFresh = false
  }

  #deliver(): RangeStep {
    const changes: Change[] = []
    let last = this.resume - 1n
    for (const { type, kv } of this.#fragments) {
      const revision = BigInt(kv.modRevision)
      if (revision < this.resume) continue
      if (revision > last) last = revision
      const key = keyOf(kv)
      if (type === DELETE) this.#keys.delete(key)
      else this.#keys.set(key, kv.modRevision)
      changes.push({ key, kv: type === DELETE ? undefined : kv })
    }
    this.#fragments = []
    this.resume = last + 1n
    return changes.length === 0 ? NOTHING : { kind: 'changed', changes }
  }

  /**
   * True where `header` speaks of another history than the one known: another cluster, or one that went backwards, as after
   * a restore or with an empty data folder. A watch from a revision that is yet to come would wait for it in silence.
   */
  #isOther(header: Header): boolean {
    const known = this.#header
    if (known === undefined) return false
    return (
      header.clusterId !== known.clusterId ||
      BigInt(header.raftTerm) < BigInt(known.raftTerm) ||
      BigInt(header.revision) + 1n < this.resume
    )
  }
}

const DELETE = 1

function keyOf({ key }: KeyValue): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString()
}

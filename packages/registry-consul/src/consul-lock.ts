import type { AdapterPorts, Lock, LockSink } from '@seakeep/core/spi'
import type { Connections } from './connections.ts'
import { ConsulClient } from './consul-client.ts'
import type { ResolvedConsulOptions } from './consul-options.ts'
import { LockHolder } from './lock-holder.ts'
import type { PollParts } from './long-poll.ts'
import { Throttle } from './throttle.ts'
import { Turns } from './turns.ts'

/** Connections that block for those who wait, by turns. */
export const LOCK_SLOTS = 2

/** Renewals never wait behind `watching`. */
export interface LockConnections {
  readonly watching: Connections
  readonly writing: Connections
}

/** Locks as keys of Consul's KV that are held by sessions. */
export class ConsulLock implements Lock {
  readonly name: string = 'consul'
  readonly #prefix: string
  readonly #parts: PollParts
  readonly #writing: ConsulClient
  readonly #holders = new Set<LockHolder>()
  #isClosed = false

  constructor(ports: AdapterPorts, options: ResolvedConsulOptions, connections: LockConnections) {
    const { waitMs, stalenessMs, locks } = options
    this.#prefix = locks
    const throttle = new Throttle(ports, this.name)
    const client = new ConsulClient(connections.watching, options, ports, throttle)
    this.#parts = { client, ports, turns: new Turns({ slots: LOCK_SLOTS, waitMs, stalenessMs }) }
    this.#writing = new ConsulClient(connections.writing, options, ports, throttle)
  }

  /** Consul's shortest lease is 10 s, its longest a day: a `ttlMs` beyond is brought within. */
  acquire(name: string, ttlMs: number, sink: LockSink): Disposable {
    if (this.#isClosed) return { [Symbol.dispose]: () => {} }
    const lease = Math.min(86_400_000, Math.max(10_000, ttlMs))
    const holder = new LockHolder(`${this.#prefix}/${name}`, lease, sink, this.#writing, this.#parts)
    this.#holders.add(holder)
    holder.start()
    return {
      [Symbol.dispose]: () => {
        this.#holders.delete(holder)
        holder.close()
      },
    }
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const holder of this.#holders) holder.close()
    this.#holders.clear()
    this.#parts.client.close(true)
    this.#writing.close(false)
  }
}

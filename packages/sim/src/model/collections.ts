import { hashText, type TimerTask } from '@seakeep/core/spi'
import type { ResolvedEventLoop } from '../scenario/event-loop.ts'
import type { EventLoop } from './event-loop.ts'
import type { VirtualHost } from './virtual-host.ts'

/**
 * Garbage collections of one life of a process: each stops its loop for a while. When they come is the process's own
 * chance, by the instant the one before has ended, and does not depend on what it is asked to do.
 */
export class Collections implements TimerTask {
  readonly #gc: NonNullable<ResolvedEventLoop['gc']>
  readonly #loop: EventLoop
  readonly #host: VirtualHost
  #isStopped = false

  constructor(gc: NonNullable<ResolvedEventLoop['gc']>, loop: EventLoop, host: VirtualHost) {
    this.#gc = gc
    this.#loop = loop
    this.#host = host
  }

  /** The first comes as long after the start as any after the one before. */
  start(): void {
    this.#in(this.#gc.every.sampleMs(this.#host.keyFor(EVERY)))
  }

  onTimer(): void {
    this.#isStopped = !this.#isStopped
    if (this.#isStopped) {
      this.#loop.stop()
      return this.#in(this.#gc.pause.sampleMs(this.#host.keyFor(PAUSE)))
    }
    this.#loop.go()
    this.start()
  }

  #in(ms: number): void {
    const { clock } = this.#host
    clock.schedule(clock.now() + ms, this)
  }
}

const EVERY = hashText('time to the next collection')
const PAUSE = hashText('pause of a collection')

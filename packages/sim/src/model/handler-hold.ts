import type { TimerTask } from '@seakeep/core/spi'
import type { HandledRequest } from './handled-request.ts'

/**
 * Decides when a handler's worker is free for others, where its service lets workers go during calls: while the handler
 * waits for nothing but calls. What a promise waits for cannot be seen, so it is looked when the handler has run as far as
 * it can: in an event of its own at the same instant, after all promises. The answer of a call is handed to the handler
 * when it has a worker again, and work begins then.
 */
export class HandlerHold implements TimerTask {
  readonly #request: HandledRequest
  #works = 0
  #calls = 0
  /** What waits for a worker, in order. */
  #waiting: (() => void)[] = []
  #isLooking = false

  constructor(request: HandledRequest) {
    this.#request = request
  }

  callBegan(): void {
    this.#calls += 1
    this.#look()
  }
  callEnded(handOver: () => void): void {
    this.#calls -= 1
    this.#withWorker(handOver)
  }
  workBegan(begin: () => void): void {
    this.#works += 1
    this.#withWorker(begin)
  }
  workEnded(): void {
    this.#works -= 1
    this.#look()
  }

  /** It has a worker again. */
  onWorker(): void {
    const { kernel } = this.#request.instance.host
    kernel.mark()
    const waiting = this.#waiting
    this.#waiting = []
    for (const act of waiting) act()
    this.#look()
  }

  onTimer(): void {
    this.#isLooking = false
    const request = this.#request
    if (!request.isAlive || !request.hasWorker) return
    if (this.#works === 0 && this.#calls > 0) request.letGo()
  }

  #withWorker(act: () => void): void {
    const request = this.#request
    if (request.hasWorker || !request.isAlive) {
      act()
      this.#look()
      return
    }
    this.#waiting.push(act)
    if (this.#waiting.length === 1) request.comeBack()
  }

  #look(): void {
    if (this.#isLooking || !this.#request.isAlive) return
    this.#isLooking = true
    const { clock } = this.#request.instance.host
    clock.schedule(clock.now(), this)
  }
}

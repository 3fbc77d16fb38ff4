// A registry of one's own: a memory registry belongs to one process, so the servers have theirs in their parent, which
// they write through the channel that fork() has made. In the parent it is the registry itself.
import type { ChildProcess } from 'node:child_process'
import type { Instance } from '@seakeep/core'
import {
  MemoryRegistry,
  type Registry,
  type RegistryAnswer,
  type RegistryError,
  realClock,
  Tokens,
} from '@seakeep/core/spi'
import { ContainerModule } from 'inversify'

interface Question {
  readonly ask: 'register' | 'heartbeat' | 'deregister'
  readonly number: number
  readonly instance: Instance
  readonly ttlMs: number
}
interface Answer {
  readonly answerTo: number
  readonly error?: string
  readonly isLost?: boolean
}

const registry = new MemoryRegistry(realClock())

export function parentRegistry(): ContainerModule {
  return new ContainerModule(({ bind }) => {
    bind(Tokens.registry).toConstantValue(() => (process.send === undefined ? registry : new RegistryOfParent()))
  })
}

/** The parent's side: takes what this child registers. */
export function serveRegistration(child: ChildProcess): void {
  child.on('message', (question: Question) => {
    const { ask, number, instance, ttlMs } = question
    const answer = (error?: RegistryError): void => {
      const said = error === undefined ? {} : { error: error.message, isLost: error.isLost === true }
      child.send({ answerTo: number, ...said } satisfies Answer)
    }
    if (ask === 'register') registry.register(instance, ttlMs, answer)
    else if (ask === 'heartbeat') registry.heartbeat(instance, ttlMs, answer)
    else if (ask === 'deregister') registry.deregister(instance, answer)
  })
}

/** The child's side. Servers call nobody here, so there is nothing to be watched. */
class RegistryOfParent implements Registry {
  readonly name = 'parent'
  readonly #waiting = new Map<number, RegistryAnswer>()
  #asked = 0

  constructor() {
    process.on('message', ({ answerTo, error, isLost = false }: Answer) => {
      const done = this.#waiting.get(answerTo)
      this.#waiting.delete(answerTo)
      done?.(error === undefined ? undefined : Object.assign(new Error(error), { isLost }))
    })
  }

  watch(): Disposable {
    return { [Symbol.dispose]: () => {} }
  }
  register(instance: Instance, ttlMs: number, done: RegistryAnswer): void {
    this.#ask('register', instance, ttlMs, done)
  }
  heartbeat(instance: Instance, ttlMs: number, done: RegistryAnswer): void {
    this.#ask('heartbeat', instance, ttlMs, done)
  }
  deregister(instance: Instance, done: RegistryAnswer): void {
    this.#ask('deregister', instance, 0, done)
  }
  close(): void {
    this.#waiting.clear()
  }

  #ask(ask: Question['ask'], instance: Instance, ttlMs: number, done: RegistryAnswer): void {
    const number = ++this.#asked
    this.#waiting.set(number, done)
    process.send?.({ ask, number, instance, ttlMs } satisfies Question)
  }
}

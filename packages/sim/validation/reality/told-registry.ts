// The registry of the fleet: a list in the client's process that the servers write themselves into by messages, with leases.
// Like a real one it goes on listing who was killed until the lease has run out.
import type { ChildProcess } from 'node:child_process'
import type { Instance } from '@seakeep/core'
import { MemoryRegistry, type Registry, realClock, Tokens } from '@seakeep/core/spi'
import { ContainerModule } from 'inversify'

interface Written {
  readonly write: 'register' | 'heartbeat' | 'deregister'
  readonly instance: Instance
  readonly ttlMs: number
}

export class ToldRegistry {
  readonly #registry = new MemoryRegistry(realClock())
  /** For who reads it. */
  readonly module: ContainerModule = new ContainerModule(({ bind }) => {
    bind(Tokens.registry).toConstantValue(() => this.#registry)
  })

  /** What this process tells is written from now on. */
  follow(child: ChildProcess): void {
    child.on('message', ({ write, instance, ttlMs }: Partial<Written>) => {
      if (write === undefined || instance === undefined || ttlMs === undefined) return
      if (write === 'deregister') this.#registry.deregister(instance, () => {})
      else this.#registry[write](instance, ttlMs, () => {})
    })
  }
}

/** The writing side, in the child, where nobody looks anything up. */
export function tellingRegistry(): ContainerModule {
  const tell = (write: Written['write'], instance: Instance, ttlMs: number, done: () => void): void => {
    process.send?.({ write, instance, ttlMs } satisfies Written, undefined, undefined, () => done())
  }
  const registry: Registry = {
    name: 'told',
    watch: (_service, sink) => {
      sink.unknown()
      return { [Symbol.dispose]: () => {} }
    },
    register: (instance, ttlMs, done) => tell('register', instance, ttlMs, done),
    heartbeat: (instance, ttlMs, done) => tell('heartbeat', instance, ttlMs, done),
    deregister: (instance, done) => tell('deregister', instance, 0, done),
    close: () => {},
  }
  return new ContainerModule(({ bind }) => void bind(Tokens.registry).toConstantValue(() => registry))
}

// A registry in the test's process that server processes write into by messages, leases included.
import type { ChildProcess } from 'node:child_process'
import type { Instance } from '@seakeep/core'
import { MemoryRegistry, type Registry, realClock, Tokens } from '@seakeep/core/spi'
import { ContainerModule } from 'inversify'

interface Written {
  readonly write: 'register' | 'heartbeat' | 'deregister'
  readonly instance: Instance
  readonly ttlMs: number
}

/** The list, and what a child tells is written into it. */
export class ToldRegistry {
  readonly registry: MemoryRegistry = new MemoryRegistry(realClock())
  readonly module: ContainerModule = new ContainerModule(({ bind }) => {
    bind(Tokens.registry).toConstantValue(() => this.registry)
  })

  follow(child: ChildProcess): void {
    child.on('message', (message) => {
      const { write, instance, ttlMs } = message as Partial<Written>
      if (instance === undefined || ttlMs === undefined) return
      if (write === 'deregister') this.registry.deregister(instance, () => {})
      else if (write !== undefined) this.registry[write](instance, ttlMs, () => {})
    })
  }
}

/** The writing side, in the child. */
export const tellingRegistry: ContainerModule = new ContainerModule(({ bind }) => {
  const told = (write: Written['write'], instance: Instance, ttlMs: number, done: () => void): void => {
    // Answered when it has been handed over: a child that ends says goodbye first.
    process.send?.({ write, instance, ttlMs }, undefined, undefined, () => done())
  }
  const registry: Registry = {
    name: 'told',
    watch: (_service, sink) => {
      sink.unknown()
      return { [Symbol.dispose]: () => {} }
    },
    register: (instance, ttlMs, done) => told('register', instance, ttlMs, done),
    heartbeat: (instance, ttlMs, done) => told('heartbeat', instance, ttlMs, done),
    deregister: (instance, done) => told('deregister', instance, 0, done),
    close: () => {},
  }
  bind(Tokens.registry).toConstantValue(() => registry)
})

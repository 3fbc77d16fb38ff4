// A registry in one process that others write into by messages, leases included: a process that is killed says nothing
// any more, and its lease runs out.
import type { ChildProcess } from 'node:child_process'
import type { Instance } from '@seakeep/core'
import { MemoryRegistry, type Registry, Tokens } from '@seakeep/core/spi'
import { ContainerModule } from 'inversify'

interface Written {
  readonly write: 'register' | 'heartbeat' | 'deregister'
  readonly instance: Instance
  readonly ttlMs: number
}

export class SharedList {
  #registry: MemoryRegistry | undefined

  readonly module: ContainerModule = new ContainerModule(({ bind }) => {
    bind(Tokens.registry).toConstantValue(({ clock }) => {
      this.#registry = new MemoryRegistry(clock)
      return this.#registry
    })
  })

  /** What this process tells is written into the list. */
  follow(child: ChildProcess): void {
    child.on('message', (message) => {
      const { write, instance, ttlMs } = message as Partial<Written>
      if (instance === undefined || ttlMs === undefined) return
      if (write === 'register') this.#registry?.register(instance, ttlMs, () => {})
      else if (write === 'heartbeat') this.#registry?.heartbeat(instance, ttlMs, () => {})
      else if (write === 'deregister') this.#registry?.deregister(instance, () => {})
    })
  }

  /** The writing side, in the other process. */
  static fromChild(): Registry {
    const write = (written: Written, done: () => void): void => {
      process.send?.(written)
      done()
    }
    return {
      name: 'list of the parent',
      watch: (_service, sink) => {
        sink.unknown()
        return { [Symbol.dispose]: () => {} }
      },
      register: (instance, ttlMs, done) => write({ write: 'register', instance, ttlMs }, done),
      heartbeat: (instance, ttlMs, done) => write({ write: 'heartbeat', instance, ttlMs }, done),
      deregister: (instance, done) => write({ write: 'deregister', instance, ttlMs: 0 }, done),
      close: () => {},
    }
  }
}

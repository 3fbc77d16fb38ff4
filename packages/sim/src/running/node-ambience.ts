import { AsyncLocalStorage } from 'node:async_hooks'
import { ConfigError } from '@seakeep/core'
import { replaceEnvironment } from '@seakeep/core/spi'
import type { Ambience, CodeOwner } from '../model/ambience.ts'

/**
 * Whose code runs now: a `policy()` of module scope, used inside a handler, is then that instance's own, on its clock,
 * chance and state. Used anywhere else during a run it would reach the real world, so it is refused.
 */
export class NodeAmbience implements Ambience {
  readonly #storage = new AsyncLocalStorage<CodeOwner>()

  run<T>(owner: CodeOwner, code: () => T): T {
    return this.#storage.run(owner, code)
  }

  /** Takes the place of the process's environment until it is disposed of. */
  takeOver(): Disposable {
    return replaceEnvironment((options) => {
      const owner = this.#storage.getStore()
      if (owner !== undefined) return owner.life.runtime.policy(options)
      throw new ConfigError(
        'policy',
        `"${typeof options === 'string' ? options : options.name}" was executed during a simulation outside of a handler${callerLine()}; use it inside an app`,
      )
    })
  }
}

/** Where user code called: the first line of the stack that is neither ours nor Node's. */
function callerLine(): string {
  const line = new Error().stack
    ?.split('\n')
    .slice(1)
    .find((one) => !/node:|[\\/](packages|@seakeep)[\\/](core|sim)[\\/](src|dist)[\\/]/.test(one))
  return line === undefined ? '' : ` (${line.trim()})`
}

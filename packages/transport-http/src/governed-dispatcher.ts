import type { Runtime } from '@seakeep/core'
import { requestScope } from '@seakeep/core/spi'
import { Agent, Dispatcher } from 'undici'
import { GovernedDispatch } from './governed-dispatch.ts'

/**
 * A dispatcher whose every request is a governed call: `setGlobalDispatcher(governedDispatcher(rt))` governs each `fetch`
 * of the process, and undici's `request`, with no change to the code that calls them. Connections are the runtime's.
 */
export function governedDispatcher(rt: Runtime): Dispatcher {
  return new GovernedDispatcher(rt)
}

/**
 * The same as an interceptor: `new Agent({ … }).compose(interceptor(rt))`. Requests go over the agent's connections, with
 * its options; where one goes, whether it may, and how often, is the runtime's to decide. Other interceptors that retry or
 * redirect belong outside of it, if anywhere.
 */
export function interceptor(rt: Runtime): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => new GovernedDispatch(rt, requestScope, () => dispatch, dispatch).dispatch
}

class GovernedDispatcher extends Dispatcher {
  readonly #governed: GovernedDispatch
  /** For what is no call: upgrades, tunnels. Made when there is one. */
  #plain: Agent | undefined

  constructor(rt: Runtime) {
    super()
    this.#governed = new GovernedDispatch(rt, requestScope, () => {
      this.#plain ??= new Agent()
      const agent = this.#plain
      return (options, handler) => agent.dispatch(options as Agent.DispatchOptions, handler)
    })
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    return this.#governed.dispatch(options, handler)
  }

  /** The connections are the runtime's, and closed with it. */
  override close(): Promise<void>
  override close(callback: () => void): void
  override close(callback?: () => void): Promise<void> | void {
    const closed = this.#plain?.close() ?? Promise.resolve()
    if (callback === undefined) return closed
    closed.then(callback, callback)
  }

  override destroy(): Promise<void>
  override destroy(error: Error | null): Promise<void>
  override destroy(callback: () => void): void
  override destroy(error: Error | null, callback: () => void): void
  override destroy(error?: Error | null | (() => void), callback?: () => void): Promise<void> | void {
    const told = typeof error === 'function' ? error : callback
    const destroyed = this.#plain?.destroy(typeof error === 'function' ? null : (error ?? null)) ?? Promise.resolve()
    if (told === undefined) return destroyed
    destroyed.then(told, told)
  }
}

import { setImmediate } from 'node:timers'

/**
 * Resolves when every promise continuation that can run has run, those that the continuations cause included: Node runs
 * an immediate only after it has emptied the queue of microtasks. Awaiting a fixed number of promises would not do.
 */
export function drainMicrotasks(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

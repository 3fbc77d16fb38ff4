/**
 * Ctrl-C during a run: the run ends early and reports what it has measured; nothing further is begun. (A second one ends
 * the process at once, which `node-io.ts` sees to.)
 */
import type { CliIo } from './io.ts'

export interface Interruption extends Disposable {
  readonly signal: AbortSignal
}

export function interruptible(io: CliIo): Interruption {
  const controller = new AbortController()
  const listening = io.onInterrupt(() => controller.abort())
  return { signal: controller.signal, [Symbol.dispose]: () => listening[Symbol.dispose]() }
}

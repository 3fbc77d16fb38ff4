import type { Clock, Timer } from '@seakeep/core/spi'

/** Runs a function once after `delayMs`. A process that has nothing else to do is not kept alive for it. */
export function later(clock: Clock, delayMs: number, run: () => void): Timer {
  return clock.schedule(clock.now() + delayMs, { isBackground: true, onTimer: run })
}

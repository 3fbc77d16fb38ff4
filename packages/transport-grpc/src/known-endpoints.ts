import type { Runtime } from '@seakeep/core'
import { after, type Clock } from '@seakeep/core/spi'

/** Longest wait for a registry's first answer, where the call's deadline is not earlier. */
const FIRST_ANSWER_MS = 5000

/**
 * Goes on when a service is known: gRPC's channels hold calls back until their name is resolved for the first time, and
 * with `waitForReady` until there is somebody to send them to. Answers how to stop waiting, or undefined where it went on
 * at once. `go` is also called when the waiting has been long enough: what then comes of it says more than a hang.
 */
export function whenKnown(
  runtime: Runtime,
  service: string,
  waitForReady: boolean,
  clock: Clock,
  deadlineMs: number,
  go: () => void,
): (() => void) | undefined {
  const cell = runtime.endpoints(service)
  const isKnown = (): boolean => cell.value.endpoints.length > 0 || (!waitForReady && cell.value.revision > 0)
  if (isKnown()) {
    go()
    return undefined
  }
  let isOver = false
  const end = (): void => {
    isOver = true
    timer?.cancel()
    subscription.unsubscribe()
  }
  const onward = (): void => {
    if (isOver) return
    end()
    go()
  }
  const untilMs = waitForReady ? deadlineMs : Math.min(deadlineMs, clock.now() + FIRST_ANSWER_MS)
  const timer = Number.isFinite(untilMs) ? after(clock, untilMs - clock.now(), onward) : undefined
  const subscription = cell.changes$.subscribe({ next: () => isKnown() && onward(), complete: onward })
  return end
}

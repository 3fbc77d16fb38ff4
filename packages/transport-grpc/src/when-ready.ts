import type { Runtime } from '@seakeep/core'
import { after, type Cancel, type Clock } from '@seakeep/core/spi'

/**
 * gRPC's `waitForReady`: goes on when there is somebody to send a call to, or the call's time is up. Answers how to stop
 * waiting.
 */
export function whenReady(
  runtime: Runtime,
  service: string,
  clock: Clock,
  deadlineMs: number,
  go: () => void,
): Cancel | undefined {
  const cell = runtime.endpoints(service)
  const isReady = (): boolean => cell.value.endpoints.length > 0
  if (isReady()) {
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
  const timer = Number.isFinite(deadlineMs) ? after(clock, deadlineMs - clock.now(), onward) : undefined
  const subscription = cell.changes$.subscribe({ next: () => isReady() && onward(), complete: onward })
  return end
}

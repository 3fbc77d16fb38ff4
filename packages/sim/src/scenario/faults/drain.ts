import { duration, optional, record, text } from '@seakeep/core/spi'
import { DEFAULT_DRAIN_TIMES } from '../drain-times.ts'
import type { FaultReading, ReadFault } from './fault-reading.ts'

const FIELDS = record({ target: text(), restartAfter: optional(duration()) })

/** Where it restarts, its end is when it does if nothing is left to be finished after the spread. */
export function readDrain(given: unknown, reading: FaultReading): ReadFault<'drain'> {
  const { target, restartAfterMs } = FIELDS.resolve(given, reading.at)
  const struck = reading.instances(target)
  const service = reading.services.find(({ name }) => 'service' in struck && name === struck.service)
  const { spreadMs } = service?.drain ?? DEFAULT_DRAIN_TIMES
  const untilMs = reading.until(restartAfterMs === undefined ? undefined : spreadMs + restartAfterMs)
  return { kind: 'drain', target: struck, restartAfterMs, untilMs, label: `drain ${target}` }
}

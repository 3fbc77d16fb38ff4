import {
  duration,
  durationText,
  type Field,
  millisecondsOf,
  number,
  optional,
  record,
  scalar,
  text,
} from '@seakeep/core/spi'
import type { FaultReading, ReadFault } from './fault-reading.ts'

/** A length of time that may point back. */
const SIGNED: Field<number | undefined, 'Ms'> = optional(
  scalar({
    suffix: 'Ms',
    expected: 'a duration, below 0 for back (1h, -10s; a number is milliseconds)',
    read: (input) => signedMs(input),
    schema: { type: ['number', 'string'] },
  }),
)

function signedMs(input: unknown): number | undefined {
  if (typeof input === 'number') return Number.isFinite(input) ? input : undefined
  if (typeof input !== 'string' || !input.startsWith('-')) return millisecondsOf(input)
  const ms = millisecondsOf(input.slice(1))
  return ms === undefined ? undefined : -ms
}

const FIELDS = record({
  target: text(),
  offset: SIGNED,
  drift: optional(number({ min: -500_000, max: 1_000_000 })),
  step: SIGNED,
  for: optional(duration()),
})

export function readClockSkew(given: unknown, reading: FaultReading): ReadFault<'clockSkew'> {
  const { target, offsetMs, stepMs, drift, forMs } = FIELDS.resolve(given, reading.at)
  const parts = [
    ...(offsetMs === undefined ? [] : [`by ${signedText(offsetMs)}`]),
    ...(drift === undefined ? [] : [`drifting ${drift} ppm`]),
    ...(stepMs === undefined ? [] : [`stepped ${signedText(stepMs)}`]),
  ]
  if (parts.length === 0) throw reading.at.error('one of offset, drift, step at least says how the clock is wrong')
  return {
    kind: 'clockSkew',
    target: reading.instances(target),
    offsetMs: offsetMs ?? 0,
    stepMs: stepMs ?? 0,
    driftPpm: drift ?? 0,
    untilMs: reading.until(forMs),
    label: `clock of ${target} ${parts.join(', ')}`,
  }
}

function signedText(ms: number): string {
  return ms < 0 ? `-${durationText(-ms)}` : `+${durationText(ms)}`
}

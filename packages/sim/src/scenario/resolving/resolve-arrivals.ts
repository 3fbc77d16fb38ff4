/** When the calls of open workloads come: what each kind is given beside what all of them take, and what that means. */
import { bool, duration, type FieldsOf, listOf, number, optional, type RecordField, record } from '@seakeep/core/spi'
import type { RateCurve, ResolvedArrivals } from '../resolved-arrivals.ts'
import type {
  BurstsData,
  DiurnalData,
  OpenCallersData,
  OpenLoopData,
  RampingData,
  ReplayData,
  SpikeData,
} from '../workload-data.ts'
import { type CallPlaces, recording } from './resolve-recording.ts'

export const OPEN_KINDS = [
  'constantArrivalRate',
  'poisson',
  'rampingArrivalRate',
  'replay',
  'spike',
  'bursts',
  'diurnal',
] as const
export type OpenKind = (typeof OPEN_KINDS)[number]

export interface Arriving {
  readonly arrivals: ResolvedArrivals
}
/** The fields that only this kind has. */
type Own<Data> = FieldsOf<Omit<Data, keyof OpenCallersData>>

const steady = { rate: number({ above: 0, max: 1e6 }) } satisfies Own<OpenLoopData>
const rate = number({ min: 0, max: 1e6 })
const length = duration({ above: 0 })
const stage = record({ rate, over: duration() })

export function arrivalFields(places: CallPlaces): Readonly<Record<OpenKind, RecordField<Arriving>>> {
  return {
    constantArrivalRate: record(steady, { finish: ({ rate }) => atRate('constant', rate) }),
    poisson: record(steady, { finish: ({ rate }) => atRate('poisson', rate) }),
    rampingArrivalRate: record(
      {
        stages: listOf(stage, { min: 1 }),
        startRate: number({ default: 0, min: 0, max: 1e6 }),
        poisson: bool({ default: false }),
      } satisfies Own<RampingData>,
      { finish: ({ poisson, startRate, stages }) => along({ shape: 'stages', startRate, stages }, poisson) },
    ),
    replay: record(
      {
        arrivals: recording(places),
        speed: number({ default: 1, above: 0, max: 1e6 }),
        fromFirst: bool({ default: false }),
      } satisfies Own<ReplayData>,
      {
        finish({ arrivals: calls, speed, fromFirst }) {
          const firstMs = fromFirst ? (calls[0]?.atMs ?? 0) : 0
          const recorded = calls.map((call) => ({ ...call, atMs: (call.atMs - firstMs) / speed }))
          return { arrivals: { kind: 'recorded', calls: recorded } }
        },
      },
    ),
    spike: record(
      {
        rate,
        peak: rate,
        at: duration(),
        for: length,
        poisson: bool({ default: true }),
      } satisfies Own<SpikeData>,
      { finish: ({ poisson, rate, peak, atMs, forMs }) => along({ shape: 'spike', rate, peak, atMs, forMs }, poisson) },
    ),
    bursts: record({ rate, burstRate: rate, meanOn: length, meanOff: length } satisfies Own<BurstsData>, {
      finish: ({ rate, burstRate, meanOnMs, meanOffMs }) =>
        along({ shape: 'bursts', rate, burstRate, meanOnMs, meanOffMs }, true),
    }),
    diurnal: record(
      {
        mean: number({ above: 0, max: 1e6 }),
        amplitude: rate,
        period: length,
        peakAt: optional(duration()),
        poisson: bool({ default: true }),
      } satisfies Own<DiurnalData>,
      {
        finish({ poisson, mean, amplitude, periodMs, peakAtMs: peakMs = periodMs / 4 }, at) {
          if (amplitude > mean) {
            throw at
              .at('amplitude')
              .error(`${amplitude} is not allowed; at most mean, which is ${mean}: no rate is negative`)
          }
          return along({ shape: 'wave', mean, amplitude, periodMs, peakMs }, poisson)
        },
      },
    ),
  }
}

function atRate(kind: 'constant' | 'poisson', ratePerSecond: number): Arriving {
  return { arrivals: { kind, ratePerSecond } }
}

function along(curve: RateCurve, isPoisson: boolean): Arriving {
  return { arrivals: { kind: 'paced', curve, isPoisson } }
}

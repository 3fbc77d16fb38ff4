/** The faults of a server: requests that fail or hang, workers lost, caches flushed. */
import {
  duration,
  durationText,
  type Field,
  integer,
  number,
  optional,
  type Place,
  ratio,
  record,
  refined,
  text,
} from '@seakeep/core/spi'
import type { FaultTarget, ResolvedFault, ResolvedService } from '../resolved-scenario.ts'
import type { FaultReading, ReadFault } from './fault-reading.ts'
import { filterFields, resolveFilter, struckText } from './request-filter.ts'

const target = text()
const lasting = { for: optional(duration()) }

/** What an error says: a failure of the server, or that it wants no more. */
const status: Field<number, ''> = refined(integer({ default: 500 }), (given, at) => {
  if (given === 429 || (given >= 500 && given <= 599)) return given
  throw at.error(`${given} is not allowed; it must be 429, or from 500 to 599`)
})

const FIELDS = {
  error: record(
    {
      target,
      ...lasting,
      ratio: ratio({ default: 1 }),
      after: duration({ default: 0 }),
      status,
      retryAfter: optional(duration()),
      ...filterFields,
    },
    {
      finish(given, at) {
        if (given.retryAfterMs !== undefined && given.status !== 429 && given.status !== 503) {
          throw at
            .at('retryAfter')
            .error(`not allowed with status ${given.status}; only 429 and 503 say when to come back`)
        }
        return given
      },
    },
  ),
  hang: record({ target, ...lasting, ratio: ratio({ default: 1 }), ...filterFields }),
  capacity: record({
    target,
    ...lasting,
    factor: optional(number({ min: 0, max: 1 })),
    to: optional(integer({ min: 0, max: 1e6 })),
  }),
  flush: record({ target }),
}

type Kind = 'error' | 'hang' | 'capacity' | 'flush'

export function readServerFault(kind: Kind, given: unknown, reading: FaultReading): ReadFault<Kind> {
  const { at, services, graph } = reading
  switch (kind) {
    case 'error': {
      const read = FIELDS.error.resolve(given, at)
      const { ratio, afterMs, status, retryAfterMs } = read
      const only = resolveFilter(read, at, graph.parties)
      const label = `error ${read.target}${statusText(status, retryAfterMs)}${struckText(ratio, only)}`
      const [target, untilMs] = [reading.instances(read.target), reading.until(read.forMs)]
      return { kind, target, ratio, only, afterMs, status, retryAfterMs, untilMs, label }
    }
    case 'hang': {
      const read = FIELDS.hang.resolve(given, at)
      const { ratio } = read
      const only = resolveFilter(read, at, graph.parties)
      const label = `hang ${read.target}${struckText(ratio, only)}`
      return { kind, target: reading.instances(read.target), ratio, only, untilMs: reading.until(read.forMs), label }
    }
    case 'capacity': {
      const read = FIELDS.capacity.resolve(given, at)
      const target = reading.instances(read.target)
      const [left, how] = leftOf(read, target, services, at)
      return { kind, target, left, untilMs: reading.until(read.forMs), label: `capacity ${read.target} ${how}` }
    }
    case 'flush': {
      const read = FIELDS.flush.resolve(given, at)
      const target = reading.instances(read.target)
      if (!hasCache(target, services)) throw at.at('target').error(`${read.target} has no cache to flush`)
      return { kind, target, untilMs: reading.atMs, label: `flush ${read.target}` }
    }
  }
}

/** How many workers are left, and how it is said. */
function leftOf(
  { factor, to }: { readonly factor: number | undefined; readonly to: number | undefined },
  struck: FaultTarget,
  services: readonly ResolvedService[],
  at: Place,
): readonly [(ResolvedFault & { readonly kind: 'capacity' })['left'], string] {
  if ((factor === undefined) === (to === undefined)) {
    throw at.error('exactly one of factor, to says how many workers are left')
  }
  for (const { name, concurrency } of strikable(struck, services)) {
    if (concurrency === Number.POSITIVE_INFINITY) {
      throw at.at('target').error(`${name} has no concurrency: of unlimited workers none can be lost`)
    }
    if (to !== undefined && to >= concurrency) {
      throw at.at('to').error(`${to} takes none away; ${name} has concurrency ${concurrency}`)
    }
  }
  return to === undefined ? [{ factor: factor ?? 1 }, `×${factor}`] : [{ to }, `to ${to}`]
}

function hasCache(struck: FaultTarget, services: readonly ResolvedService[]): boolean {
  const all = strikable(struck, services).flatMap((service) => [service, ...service.versions])
  return all.some(({ operations }) => [...operations.values()].some(({ cache }) => cache !== undefined))
}

/** The services whose instances a target may stand for. */
function strikable(struck: FaultTarget, services: readonly ResolvedService[]): readonly ResolvedService[] {
  if (struck.kind === 'edge' || struck.kind === 'link') return []
  const isMeant = ({ name, zones }: ResolvedService): boolean =>
    struck.kind === 'zone' ? zones.includes(struck.zone) : name === struck.service
  return services.filter(isMeant)
}

/** What an error answers, where it is not a plain 500. */
function statusText(status: number, retryAfterMs: number | undefined): string {
  if (status === 500) return ''
  return ` ${status}${retryAfterMs === undefined ? '' : ` retry after ${durationText(retryAfterMs)}`}`
}

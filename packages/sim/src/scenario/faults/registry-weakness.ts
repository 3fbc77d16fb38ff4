import { duration, durationText, listOf, optional, printed, ratio, record, text } from '@seakeep/core/spi'
import type { ResolvedRegistryWeakness, ResolvedService } from '../resolved-scenario.ts'
import { unknownWord } from '../said.ts'
import type { FaultReading, ReadFault } from './fault-reading.ts'
import { percentText } from './share-text.ts'

const lasting = { for: optional(duration()) }
const FIELDS = {
  registryStale: record(lasting),
  registryEmpty: record(lasting),
  registryFlap: record({ target: text(), every: duration({ above: 0 }), ...lasting }),
  registryPartial: record({ ratio: ratio({ above: 0 }), services: listOf(text()), ...lasting }),
  registryPartition: record({ zones: listOf(text()), services: listOf(text()), ...lasting }),
}

export function readRegistryWeakness(
  kind: ResolvedRegistryWeakness['kind'],
  given: unknown,
  reading: FaultReading,
): ReadFault<ResolvedRegistryWeakness['kind']> {
  const { at, until } = reading
  switch (kind) {
    case 'registryStale':
      return { kind, untilMs: until(FIELDS[kind].resolve(given, at).forMs), label: 'registry stale' }
    case 'registryEmpty':
      return { kind, untilMs: until(FIELDS[kind].resolve(given, at).forMs), label: 'registry empty' }
    case 'registryFlap': {
      const { target, everyMs, forMs } = FIELDS[kind].resolve(given, at)
      const label = `registry flaps ${target} every ${durationText(everyMs)}`
      return { kind, target: reading.instances(target), everyMs, untilMs: until(forMs), label }
    }
    case 'registryPartial': {
      const { ratio, services, forMs } = FIELDS[kind].resolve(given, at)
      checkKnown([], services, reading)
      const whose = services.length === 0 ? '' : ` of ${services.join(', ')}`
      const label = `registry misses ${percentText(ratio)}${whose}`
      return { kind, ratio, services, untilMs: until(forMs), label }
    }
    case 'registryPartition': {
      const { zones, services, forMs } = FIELDS[kind].resolve(given, at)
      if (zones.length + services.length === 0) throw at.error('zones or services say who cannot reach the registry')
      checkKnown(zones, services, reading)
      const label = `registry apart from ${[...zones.map((zone) => `zone:${zone}`), ...services].join(', ')}`
      return { kind, zones, services, untilMs: until(forMs), label }
    }
  }
}

function checkKnown(zones: readonly string[], services: readonly string[], { at, services: all }: FaultReading): void {
  const allZones = [...new Set(all.flatMap((service: ResolvedService) => service.zones))]
  zones.forEach((zone, i) => {
    if (allZones.includes(zone)) return
    throw unknownWord(at.at('zones').at(i), `${printed(zone)} is the zone of no service`, zone, allZones)
  })
  const names = all.map(({ name }) => name)
  services.forEach((name, i) => {
    if (names.includes(name)) return
    throw unknownWord(at.at('services').at(i), `${printed(name)} is not in the topology`, name, names)
  })
}

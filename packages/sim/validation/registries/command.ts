// `pnpm validation registries [--only consul/restart] [--json FILE]`: each fault in turn, as it is told by a client of the
// real registry. Progress goes to stderr; with `--only` what the client said on the way, too. Exit 1 where a row is bad, 2
// where there is no such fault, or no server to break.
import { writeFileSync } from 'node:fs'
import { findServer } from '../../../../tools/real-servers/index.ts'
import { faults } from './all.ts'
import { measure } from './bench.ts'
import { idOf, isGood, type RegistryFault, type RegistryRow } from './fault.ts'
import { measureScale } from './scale.ts'

export interface RegistriesCommand {
  /** How the names of those to be run begin: `consul`, `etcd/leader`. */
  readonly only: string
  /** Not faults, but numbers. */
  readonly scale: boolean
  readonly json?: string | undefined
}

/** Answers with the exit code. */
export async function validateRegistries({ only, scale, json }: RegistriesCommand): Promise<number> {
  if (scale) return measureScale(only, json)
  const chosen = faults.filter((fault) => idOf(fault).startsWith(only))
  if (chosen.length === 0) {
    console.error(`There is no fault whose name begins with '${only}'; there is: ${faults.map(idOf).join(', ')}.`)
    return 2
  }
  for (const registry of new Set(chosen.map((fault) => fault.registry))) {
    const found = await findServer(registry)
    if ('path' in found) continue
    console.error(found.missing)
    return 2
  }
  const rows: RegistryRow[] = []
  const save = (): void => {
    if (json !== undefined) writeFileSync(json, `${JSON.stringify(rows, null, 2)}\n`)
  }
  const startedMs = performance.now()
  console.log(line('registry', 'fault', 'seen after', 'lost', 'wrongly removed', 'goodput'))
  save()
  for (const fault of chosen) {
    console.error(`… ${idOf(fault)}`)
    const tell = (said: string): void => void (only !== '' && console.error(`  ${said}`))
    const row = await measure(fault, { tell }).catch((error: Error) => {
      console.error(error)
      return unmeasured(fault)
    })
    rows.push(row)
    save()
    console.log(rowLine(row))
  }
  const bad = rows.filter((row) => !isGood(row)).length
  const tookSeconds = Math.round((performance.now() - startedMs) / 1000)
  console.log(`\n${rows.length - bad} of ${rows.length} good, ${tookSeconds} s`)
  return bad === 0 ? 0 : 1
}

/** Of a fault that could not be made: a server that does not start. */
function unmeasured({ registry, fault }: RegistryFault): RegistryRow {
  return { registry, fault, seenAfterMs: null, eventsLost: 0, wrongRemovals: 0, goodput: 0 }
}

function rowLine(row: RegistryRow): string {
  const { registry, fault, seenAfterMs, eventsLost, wrongRemovals, goodput } = row
  const seen = seenAfterMs === null ? 'never' : `${seenAfterMs} ms`
  // Rounded down: 99.99 % is not all.
  const percent = `${(Math.floor(goodput * 100_000) / 1000).toFixed(2)} %`
  const text = line(registry, fault, seen, String(eventsLost), String(wrongRemovals), percent)
  return isGood(row) ? text : `${text}  ✗`
}

function line(registry: string, fault: string, seen: string, lost: string, wrong: string, goodput: string): string {
  return `${registry.padEnd(10)}${fault.padEnd(16)}${seen.padStart(10)}${lost.padStart(6)}${wrong.padStart(17)}${goodput.padStart(10)}`
}

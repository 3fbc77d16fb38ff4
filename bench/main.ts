// `pnpm bench [suite...] [--rounds N] [--json FILE]`: prints a table; exits 1 when a row is above its limit.
import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import type { Row, Suite } from './harness.ts'
import { peers } from './suites/peers.ts'
import { runtime } from './suites/runtime.ts'
import { simulation } from './suites/simulation.ts'

const suites: readonly Suite[] = [peers, runtime, simulation]

function usage(message: string): never {
  console.error(message)
  console.error('usage: pnpm bench [suite...] [--rounds N] [--json FILE]')
  console.error(`Suites: ${suites.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}

function readArguments(): { chosen: readonly Suite[]; rounds: number; json: string | undefined } {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { rounds: { type: 'string', default: '60' }, json: { type: 'string' } },
    })
    const rounds = Number(values.rounds)
    if (!Number.isInteger(rounds) || rounds < 1) usage(`--rounds ${values.rounds} is no whole number of at least 1.`)
    const unknown = positionals.find((name) => !suites.some((suite) => suite.name === name))
    if (unknown !== undefined) usage(`There is no suite '${unknown}'.`)
    const chosen = suites.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
    return { chosen, rounds, json: values.json }
  } catch (error) {
    return usage((error as Error).message)
  }
}

function printTable(rows: readonly Row[]): void {
  const head = ['suite', 'name', 'ratio', 'ns/call', 'bytes', '']
  const cells = rows.map(({ suite, name, ratio, perCallNs, bytes, ok }) => [
    ...[suite, name, ratio.toFixed(2), perCallNs.toFixed(1), bytes.toFixed(0), ok ? '' : 'above its limit'],
  ])
  const widths = head.map((title, at) => Math.max(title.length, ...cells.map((row) => row[at]!.length)))
  for (const row of [head, ...cells]) {
    const padded = row.map((cell, at) => (at < 2 || at === 5 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!)))
    console.log(padded.join('  ').trimEnd())
  }
}

const { chosen, rounds, json } = readArguments()
console.log(
  `Node ${process.versions.node}, ${cpus()[0]?.model ?? 'unknown CPU'}, median of ${rounds} rounds, CPU time\n`,
)
const rows: Row[] = []
for (const suite of chosen) rows.push(...(await suite.run(rounds)))
printTable(rows)
if (json !== undefined) writeFileSync(json, `${JSON.stringify(rows, null, 2)}\n`)
process.exitCode = rows.every(({ ok }) => ok) ? 0 : 1

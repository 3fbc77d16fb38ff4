// `pnpm bench [suite...] [--rounds N] [--json FILE] [--check] [--save]`: prints a table; exits 1 when a row is above its
// limit, or with --check when its ratio has grown since bench/results.json, which --save writes.
import { fork } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { withFigures } from './page.ts'
import { compareWith, type Results } from './results.ts'
import type { Row } from './row.ts'
import { SUITES } from './suites/index.ts'

const RESULTS = new URL('results.json', import.meta.url)
const PAGE = new URL('../docs/performance.md', import.meta.url)
const CPU = cpus()[0]?.model ?? 'unknown CPU'

interface Arguments {
  readonly chosen: readonly string[]
  readonly rounds: number
  readonly json: string | undefined
  readonly check: boolean
  readonly save: boolean
}

function usage(message: string): never {
  console.error(message)
  console.error('usage: pnpm bench [suite...] [--rounds N] [--json FILE] [--check] [--save]')
  console.error(`Suites: ${SUITES.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}

function readArguments(): Arguments {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        rounds: { type: 'string', default: '30' },
        json: { type: 'string' },
        check: { type: 'boolean', default: false },
        save: { type: 'boolean', default: false },
      },
    })
    const rounds = Number(values.rounds)
    if (!Number.isInteger(rounds) || rounds < 1) usage(`--rounds ${values.rounds} is no whole number of at least 1.`)
    const unknown = positionals.find((name) => !SUITES.some((suite) => suite.name === name))
    if (unknown !== undefined) usage(`There is no suite '${unknown}'.`)
    const { json, check, save } = values
    if (save && positionals.length > 0) usage('--save writes the results of all suites: name none.')
    if (check && !existsSync(RESULTS)) usage('--check needs bench/results.json, which --save writes.')
    const all = SUITES.map(({ name }) => name)
    return {
      chosen: positionals.length === 0 ? all : all.filter((name) => positionals.includes(name)),
      rounds,
      json,
      check,
      save,
    }
  } catch (error) {
    return usage((error as Error).message)
  }
}

function run(suite: string, rounds: number): Promise<Row[]> {
  return new Promise((resolve, reject) => {
    let rows: Row[] | undefined
    fork(new URL('suite.ts', import.meta.url), [suite, String(rounds)])
      .on('message', (message) => {
        rows = message as Row[]
      })
      .on('error', reject)
      .on('exit', (code, signal) => {
        if (rows === undefined) reject(new Error(`suite '${suite}' ended with ${signal ?? `exit ${code}`}`))
        else resolve(rows)
      })
  })
}

function intervalText({ interval, atLeast }: Pick<Row, 'interval' | 'atLeast'>): string {
  if (interval === undefined) return ''
  const [low, high] = interval
  return `95 %: ${low.toFixed(2)} to ${high.toFixed(2)}${atLeast === undefined ? '' : `, at least ${atLeast}`}`
}

function printTable(rows: readonly Row[]): void {
  const head = ['suite', 'name', 'ratio', '±', 'ns/call', 'bytes', '']
  const cells = rows.map(({ suite, name, ratio, noise, perCallNs, bytes, ok, ...judged }) => [
    ...[suite, name, ratio.toFixed(2), noise.toFixed(2), perCallNs.toFixed(1), bytes.toFixed(0)],
    [ok ? '' : 'misses its limit', intervalText(judged)].filter(Boolean).join(', '),
  ])
  const widths = head.map((title, at) => Math.max(title.length, ...cells.map((row) => row[at]!.length)))
  for (const row of [head, ...cells]) {
    const padded = row.map((cell, at) => (at < 2 || at === 6 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!)))
    console.log(padded.join('  ').trimEnd())
  }
}

/** True where no ratio has grown. */
function isAsCommitted(rows: readonly Row[]): boolean {
  const { machine, rows: before }: Results = JSON.parse(readFileSync(RESULTS, 'utf8'))
  const { grown, unknown } = compareWith(before, rows)
  console.log(`\nAgainst bench/results.json: ${machine.cpu}, Node ${machine.node}, ${machine.date}`)
  for (const line of unknown) console.log(`  ${line}`)
  for (const line of grown) console.log(`  grown: ${line}`)
  if (grown.length === 0) console.log('  no ratio has grown')
  return grown.length === 0
}

function save(rounds: number, rows: readonly Row[]): void {
  const date = new Date().toISOString().slice(0, 10)
  const results: Results = { machine: { cpu: CPU, node: process.versions.node, date }, rounds, rows }
  // Intervals in one line, as the formatter has them.
  const text = JSON.stringify(results, null, 2).replace(/\[\s+(-?[\d.]+),\s+(-?[\d.]+)\s+\]/g, '[$1, $2]')
  writeFileSync(RESULTS, `${text}\n`)
  writeFileSync(PAGE, withFigures(readFileSync(PAGE, 'utf8'), results))
}

const { chosen, rounds, json, ...asked } = readArguments()
console.log(`Node ${process.versions.node}, ${CPU}, median of ${rounds} rounds, CPU time`)
const rows: Row[] = []
for (const suite of chosen) {
  const measured = await run(suite, rounds)
  console.log('')
  printTable(measured)
  rows.push(...measured)
}
if (json !== undefined) writeFileSync(json, `${JSON.stringify(rows, null, 2)}\n`)
const isAsBefore = !asked.check || isAsCommitted(rows)
if (asked.save) save(rounds, rows)
process.exitCode = isAsBefore && rows.every(({ ok }) => ok) ? 0 : 1

// `pnpm validation [oracles] [--quick] [--only ID] [--json FILE]`: theory against ours, as a table; exit 1 when a row is
// out of its tolerance. Without --quick each oracle runs at full size over five seeds, which takes minutes.
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { oracles } from './oracles/all.ts'
import { type OracleRow, runFull, runQuick } from './oracles/oracle.ts'

const TABLES = ['oracles']

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'string' }, only: { type: 'string' }, quick: { type: 'boolean', default: false } },
})
const unknown = positionals.find((table) => !TABLES.includes(table))
if (unknown !== undefined) {
  console.error(`There is no table '${unknown}'; there is: ${TABLES.join(', ')}.`)
  process.exit(2)
}
const { only = '', quick } = values
const chosen = oracles.filter(({ id }) => id.startsWith(only))
const rows: OracleRow[] = []
console.log(line('id', 'theory', 'ours', 'error', 'allowed', 'what'))
for (const oracle of chosen) {
  const row = await (quick ? runQuick(oracle) : runFull(oracle))
  rows.push(row)
  const percent = (share: number): string => `${(share * 100).toFixed(2)}%`
  const sign = row.ok ? '' : '  ✗'
  const figures = [row.theory.toFixed(4), row.ours.toFixed(4), percent(row.error), percent(row.tolerance)] as const
  console.log(line(row.id, ...figures, row.name + sign))
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, 2)}\n`)
const bad = rows.filter((row) => !row.ok).length
console.log(`\n${rows.length - bad} of ${rows.length} within tolerance`)
process.exitCode = bad === 0 ? 0 : 1

function line(id: string, theory: string, ours: string, error: string, allowed: string, what: string): string {
  return `${id.padEnd(14)}${theory.padStart(9)}${ours.padStart(10)}${error.padStart(9)}${allowed.padStart(9)}  ${what}`
}

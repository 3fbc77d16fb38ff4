// The table of `docs/validation.md`: rows that were asked replace those of the same id, the others stay as they are, and all
// stand in the order of the list.
import { readFileSync, writeFileSync } from 'node:fs'
import { oracles } from './all.ts'
import type { OracleRow } from './oracle.ts'

const HEAD = '| id | what | theory | ours | error | allowed |\n|---|---|--:|--:|--:|--:|\n'

/** The text with these rows in its table. */
export function withRows(page: string, rows: readonly OracleRow[]): string {
  const begin = page.indexOf(HEAD)
  if (begin < 0) throw new Error('no table of oracles there')
  const lines = new Map<string, string>()
  for (const line of page.slice(begin + HEAD.length).split('\n')) {
    if (line.startsWith('| ')) lines.set(line.slice(2, line.indexOf(' |')), line)
  }
  for (const row of rows) lines.set(row.id, lineOf(row))
  const known = oracles.map(({ id }) => lines.get(id)).filter((line) => line !== undefined)
  return `${page.slice(0, begin)}${HEAD}${known.join('\n')}\n`
}

function lineOf({ id, name, theory, ours, error, tolerance }: OracleRow): string {
  return `| ${id} | ${name} | ${short(theory)} | ${short(ours)} | ${short(error)} | ${short(tolerance)} |`
}

function short(figure: number): string {
  return String(Number(figure.toPrecision(4)))
}

export function writePage(file: string, rows: readonly OracleRow[]): void {
  writeFileSync(file, withRows(readFileSync(file, 'utf8'), rows))
}

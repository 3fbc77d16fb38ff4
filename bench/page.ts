// The figures of docs/performance.md, written from the committed results so that nobody copies a number by hand.
import type { Results } from './results.ts'
import type { Limits, Row } from './row.ts'

const BEGIN = '<!-- figures: written by pnpm bench --save -->'
const END = '<!-- end of figures -->'

/** The page with its figures replaced. */
export function withFigures(page: string, results: Results): string {
  const begin = page.indexOf(BEGIN)
  const end = page.indexOf(END)
  if (begin < 0 || end < begin) throw new Error(`the page has no place for figures, between "${BEGIN}" and "${END}"`)
  return `${page.slice(0, begin + BEGIN.length)}\n${figures(results)}\n${page.slice(end)}`
}

function figures({ machine, rounds, rows }: Results): string {
  const lines = [`${machine.cpu}, Node ${machine.node}, ${machine.date}, ${rounds} rounds.`]
  for (const suite of new Set(rows.map((row) => row.suite))) {
    lines.push('', `### ${suite}`, '', '| | ratio | ± | ns | bytes | at most |', '|---|--:|--:|--:|--:|---|')
    for (const row of rows) if (row.suite === suite) lines.push(lineOf(row))
  }
  return lines.join('\n')
}

function lineOf({ name, ratio, noise, perCallNs, bytes, atMost, ok }: Row): string {
  const limit = `${limitsOf(atMost)}${ok ? '' : ' (missed)'}`
  const cells = [name, ratio.toFixed(2), noise.toFixed(2), perCallNs.toFixed(0), bytes.toFixed(0), limit]
  return `| ${cells.join(' | ')} |`
}

function limitsOf({ ratio, perCallNs, bytes }: Limits = {}): string {
  const limits: string[] = []
  if (ratio !== undefined) limits.push(`${ratio}`)
  if (perCallNs !== undefined) limits.push(`${perCallNs} ns`)
  if (bytes !== undefined) limits.push(`${bytes} B`)
  return limits.join(', ')
}

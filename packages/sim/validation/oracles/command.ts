// `pnpm validation [oracles] [--quick] [--only ID,ID] [--json FILE] [--page docs/validation.md]`: theory against ours, as a
// table; exit 1 when a row is out of its tolerance. Without --quick each oracle runs at full size over its seeds, which takes
// minutes. `--page` puts the rows into the page's table; the rows of other ids stay as they are.
// `--spread N` prints instead how quick runs are spread over N seeds; with `--json` it writes oracles/quick-spread.json.
import { writeFileSync } from 'node:fs'
import { oracles } from './all.ts'
import { judge, type Oracle, type OracleRow, type Size, seedsOf } from './oracle.ts'
import { writePage } from './page.ts'
import { jobsFor, runJobs } from './pool.ts'
import { HEAD, rowLine, SPREAD_HEAD, spreadLine, spreadOf, todoLine } from './table.ts'
import { todo } from './todo.ts'

export interface OraclesCommand {
  /** How the ids of those to be run begin; several with commas between. */
  readonly only: string
  readonly quick: boolean
  readonly spread?: string | undefined
  readonly json?: string | undefined
  /** The page whose table takes the rows: `docs/validation.md`. */
  readonly page?: string | undefined
}

/** Answers with the exit code. */
export async function validateOracles({ only, quick, spread, json, page }: OraclesCommand): Promise<number> {
  const size: Size = quick || spread !== undefined ? 'quick' : 'full'
  const isAsked = ({ id }: { readonly id: string }): boolean => only.split(',').some((begin) => id.startsWith(begin))
  const named = oracles.filter(isAsked)
  const missing = todo.filter(isAsked)
  if (named.length + missing.length === 0) {
    console.error(`There is no oracle whose id begins with '${only}'.`)
    return 2
  }
  const chosen = named.filter((oracle) => seedsOf(oracle, size) > 0)
  const wanted = (oracle: Oracle): number => (spread === undefined ? seedsOf(oracle, size) : Number(spread))

  const rows: OracleRow[] = []
  const spreads: Record<string, number> = {}
  const measured = new Map(chosen.map((oracle) => [oracle.id, [] as number[]]))
  const startedMs = performance.now()
  const jobs = jobsFor(chosen, size, wanted)
  let done = 0
  let printed = 0
  console.log(spread === undefined ? HEAD : SPREAD_HEAD)
  await runJobs(jobs, ({ seed }, { figures }) => {
    done += 1
    for (const [id, figure] of Object.entries(figures)) (measured.get(id) as number[])[seed - 1] = figure
    printWhatIsReady()
    showProgress()
  })
  clearProgress()
  if (spread === undefined) for (const one of missing) console.log(todoLine(one))

  if (json !== undefined) {
    writeFileSync(json, `${JSON.stringify(spread === undefined ? rows : spreads, null, 2)}\n`)
  }
  if (spread === undefined) {
    const bad = rows.filter((row) => !row.ok).length
    const tookSeconds = Math.round((performance.now() - startedMs) / 1000)
    const left = named.length - chosen.length
    const rest = [left > 0 ? `${left} at full size only` : '', missing.length > 0 ? `${missing.length} to do` : '']
    const summary = [
      `${rows.length - bad} of ${rows.length} within tolerance`,
      ...rest.filter(Boolean),
      `${tookSeconds} s`,
    ]
    console.log(`\n${summary.join(', ')}`)
    return bad === 0 ? 0 : 1
  }
  return 0

  /** In the order of the table, so a row waits for those before it. */
  function printWhatIsReady(): void {
    for (let oracle = chosen[printed]; oracle !== undefined; oracle = chosen[printed]) {
      const figures = measured.get(oracle.id) ?? []
      if (Object.keys(figures).length < wanted(oracle)) return
      printed += 1
      clearProgress()
      if (spread !== undefined) {
        spreads[oracle.id] = spreadOf(oracle, figures)
        console.log(spreadLine(oracle, figures))
        continue
      }
      const row = judge(oracle, size, figures)
      rows.push(row)
      if (page !== undefined) writePage(page, [row])
      console.log(rowLine(row, oracle))
    }
  }

  function showProgress(): void {
    if (!process.stderr.isTTY) return
    const tookSeconds = Math.round((performance.now() - startedMs) / 1000)
    process.stderr.write(`\r\x1b[2K${done} of ${jobs.length} runs, ${tookSeconds} s`)
  }

  function clearProgress(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[2K')
  }
}

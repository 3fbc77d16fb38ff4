/**
 * Writes an HTML report for each scenario. Of several seeds the first that did not pass is shown, else the first; the others
 * stand beside it, so that no more than two runs are kept whole.
 */
import type { RunDocument } from '../recording/run-document.ts'
import { htmlReport, seedLine, seedsShown } from './html.ts'
import { loadPage } from './node-page.ts'
import type { SeedLine } from './page-data.ts'
import type { Reporter, Told } from './reporter.ts'

export class HtmlReporter implements Reporter {
  readonly #write: (scenario: string, text: string) => void
  #shown: RunDocument | undefined = undefined
  #lines: SeedLine[] = []

  constructor(write: (scenario: string, text: string) => void) {
    this.#write = write
  }

  ran(_told: Told, run: RunDocument): void {
    if (this.#shown === undefined || (this.#shown.passed && !run.passed)) this.#shown = run
    this.#lines.push(seedLine(run))
  }

  async scenarioEnded(told: Told): Promise<void> {
    const run = this.#shown
    const lines = this.#lines
    this.#shown = undefined
    this.#lines = []
    if (run === undefined) return
    const replay = told.replay(run.seed)
    const one = { label: `seed ${run.seed}`, run, ...(replay === undefined ? {} : { replay }) }
    const seeds = lines.length > 1 ? { seeds: seedsShown(lines) } : {}
    this.#write(told.scenario, htmlReport(await loadPage(), { schema: 'seakeep.report/1', run: one, ...seeds }))
  }
}

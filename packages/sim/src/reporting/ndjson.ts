/**
 * A line of JSON for everything, while it happens: `runBegan`, `event` (a fault or a transition), `threshold`, `property`,
 * `runEnded`, `missed` (what none of several seeds has shown), `failed`. Each line says which scenario and seed it is about.
 */
import type { RunDocument, RunEvent } from '../recording/run-document.ts'
import type { Reporter, Told } from './reporter.ts'

export class NdjsonReporter implements Reporter {
  readonly #write: (line: string) => void

  constructor(write: (line: string) => void) {
    this.#write = write
  }

  began({ scenario, file }: Told, seed: number): void {
    this.#line({ line: 'runBegan', scenario, seed, file })
  }

  event({ scenario }: Told, seed: number, event: RunEvent): void {
    this.#line({ line: 'event', scenario, seed, ...event })
  }

  ran({ scenario, replay }: Told, run: RunDocument): void {
    const { seed } = run
    for (const threshold of run.thresholds) this.#line({ line: 'threshold', scenario, seed, ...threshold })
    for (const property of run.properties ?? []) this.#line({ line: 'property', scenario, seed, ...property })
    const { passed, invalid, interrupted, traceHash, policiesHash, virtualMs, wallMs, calls, workload } = run
    const figures = { virtualMs, wallMs, calls, workload }
    const verdict = { passed, ...(invalid && { invalid }), ...(interrupted && { interrupted }) }
    this.#line({
      line: 'runEnded',
      scenario,
      seed,
      ...verdict,
      traceHash,
      policiesHash,
      ...figures,
      replay: replay(seed),
    })
  }

  missed({ scenario, file }: Told, problem: string): void {
    this.#line({ line: 'missed', scenario, file, problem })
  }

  failed({ scenario, file }: Told, seed: number | undefined, problem: string): void {
    this.#line({ line: 'failed', scenario, seed, file, problem: problem.trimEnd() })
  }

  #line(value: object): void {
    this.#write(`${JSON.stringify(value)}\n`)
  }
}

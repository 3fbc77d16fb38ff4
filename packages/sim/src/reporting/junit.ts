/**
 * JUnit's XML, as CI systems read it: a suite for each scenario, a case for each threshold and property of each seed. A failed one says
 * what was measured and how to make the run again. A run that threw or proves nothing is an error, which no CI takes for a
 * pass.
 */
import type { RunDocument } from '../recording/run-document.ts'
import { askedOf } from './measured.ts'
import type { Reporter, Told } from './reporter.ts'

interface Case {
  readonly name: string
  readonly seconds: number
  readonly problem?: { readonly kind: 'failure' | 'error'; readonly message: string; readonly text: string }
}

export class JunitReporter implements Reporter {
  readonly #write: (text: string) => void
  readonly #suites: Map<string, Case[]> = new Map()

  constructor(write: (text: string) => void) {
    this.#write = write
  }

  ran(told: Told, run: RunDocument): void {
    const { seed, wallMs, invalid, interrupted } = run
    const again = told.replay(seed)
    const text = [`seed ${seed}`, ...(again === undefined ? [] : [again])].join('\n')
    // All thresholds come out of one run: its time is counted once.
    const seconds = (at: number): number => (at === 0 ? wallMs / 1000 : 0)
    const cases = askedOf(run).map(({ text: asked, ok, problem: message }, at): Case => {
      const name = `${asked} (seed ${seed})`
      return { name, seconds: seconds(at), ...(ok ? {} : { problem: { kind: 'failure', message, text } }) }
    })
    if (cases.length === 0) cases.push({ name: `runs (seed ${seed})`, seconds: wallMs / 1000 })
    const spoilt = [
      ...(interrupted === true ? ['the run was interrupted'] : []),
      ...(invalid ?? []).map(
        (threshold) => `${threshold} failed before the first fault: the experiment proves nothing`,
      ),
    ]
    for (const message of spoilt)
      cases.push({ name: `is a valid run (seed ${seed})`, seconds: 0, problem: { kind: 'error', message, text } })
    this.#suite(told).push(...cases)
  }

  missed(told: Told, problem: string): void {
    this.#suite(told).push({
      name: problem,
      seconds: 0,
      problem: { kind: 'failure', message: problem, text: problem },
    })
  }

  failed(told: Told, seed: number | undefined, problem: string): void {
    const [message = ''] = problem.split('\n')
    const again = seed === undefined ? undefined : told.replay(seed)
    const text = [problem.trimEnd(), ...(again === undefined ? [] : [again])].join('\n')
    const name = seed === undefined ? 'can be used' : `runs (seed ${seed})`
    this.#suite(told).push({ name, seconds: 0, problem: { kind: 'error', message, text } })
  }

  ended(): void {
    const suites = [...this.#suites].map(([name, cases]) => suiteText(name, cases))
    const all = [...this.#suites.values()].flat()
    this.#write(
      `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="seakeep"${counts(all)}>\n${suites.join('')}</testsuites>\n`,
    )
  }

  #suite({ scenario }: Told): Case[] {
    let cases = this.#suites.get(scenario)
    if (cases === undefined) {
      cases = []
      this.#suites.set(scenario, cases)
    }
    return cases
  }
}

function suiteText(name: string, cases: readonly Case[]): string {
  const lines = cases.map(({ name: what, seconds, problem }) => {
    const open = `    <testcase classname="${escaped(name)}" name="${escaped(what)}" time="${seconds.toFixed(3)}"`
    if (problem === undefined) return `${open}/>\n`
    const { kind, message, text } = problem
    return `${open}>\n      <${kind} message="${escaped(message)}">${escaped(text)}</${kind}>\n    </testcase>\n`
  })
  return `  <testsuite name="${escaped(name)}"${counts(cases)}>\n${lines.join('')}  </testsuite>\n`
}

function counts(cases: readonly Case[]): string {
  const of = (kind: string): number => cases.filter(({ problem }) => problem?.kind === kind).length
  const seconds = cases.reduce((sum, one) => sum + one.seconds, 0)
  return ` tests="${cases.length}" failures="${of('failure')}" errors="${of('error')}" time="${seconds.toFixed(3)}"`
}

/** XML has no way to write most control characters: they are left out. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

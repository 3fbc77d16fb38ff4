// What the users of one phase went through: counted by when a request was offered, judged by one deadline.
import { type Answer, isSeakeepError } from '@seakeep/core'

export class PhaseFigures {
  readonly name: string
  readonly #deadlineMs: number
  readonly #latenciesMs: number[] = []
  readonly #answeredBy = new Map<string, number>()
  #good = 0
  #retries = 0

  constructor(name: string, deadlineMs: number) {
    this.name = name
    this.#deadlineMs = deadlineMs
  }

  async measure(call: () => Promise<Answer>): Promise<void> {
    const begin = performance.now()
    const isAnswered = await call().then(
      ({ body }) => this.#count(body as { server: string; attempt: number }),
      (error: unknown) => this.#fail(error),
    )
    const tookMs = performance.now() - begin
    this.#latenciesMs.push(tookMs)
    if (isAnswered && tookMs <= this.#deadlineMs) this.#good += 1
  }

  get requests(): number {
    return this.#latenciesMs.length
  }

  get goodput(): number {
    return this.#good / this.requests
  }

  row(servers: readonly string[]): Record<string, string | number> {
    const sorted = this.#latenciesMs.toSorted((a, b) => a - b)
    const quantile = (q: number): string => `${Math.round(sorted[Math.ceil(q * sorted.length) - 1] ?? 0)} ms`
    const share = (server: string): string => percent((this.#answeredBy.get(server) ?? 0) / this.requests)
    return {
      phase: this.name,
      requests: this.requests,
      goodput: percent(this.goodput),
      p50: quantile(0.5),
      p99: quantile(0.99),
      ...Object.fromEntries(servers.map((server) => [server, share(server)])),
      retries: this.#retries,
    }
  }

  #count({ server, attempt }: { readonly server: string; readonly attempt: number }): boolean {
    this.#answeredBy.set(server, (this.#answeredBy.get(server) ?? 0) + 1)
    this.#retries += attempt - 1
    return true
  }

  #fail(error: unknown): boolean {
    if (!isSeakeepError(error)) throw error
    this.#retries += (error.attempt ?? 1) - 1
    return false
  }
}

export function printTable(figures: readonly PhaseFigures[], servers: readonly string[]): void {
  const rows = figures.map((one) => one.row(servers))
  const names = Object.keys(rows[0] ?? {})
  const widths = names.map((name) => Math.max(name.length, ...rows.map((row) => String(row[name]).length)))
  const line = (cells: readonly (string | number | undefined)[]): string =>
    cells.map((cell, at) => String(cell)[at === 0 ? 'padEnd' : 'padStart'](widths[at] ?? 0)).join('  ')
  console.log(`\n${line(names)}`)
  for (const row of rows) console.log(line(names.map((name) => row[name])))
}

function percent(ratio: number): string {
  return `${(100 * ratio).toFixed(1)} %`
}

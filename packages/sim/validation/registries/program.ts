// A program of this folder in a process of its own, and all that it has reported.
import { type ChildProcess, fork } from 'node:child_process'
import { until } from './waiting.ts'

/** How long a report is waited for. */
const PATIENCE_MS = 300_000

export class Program<Report extends { readonly type: string }> implements Disposable {
  readonly #child: ChildProcess
  readonly #name: string
  readonly #reports: Report[] = []

  constructor(name: string, argument: object) {
    this.#name = name
    this.#child = fork(new URL(name, import.meta.url), [JSON.stringify(argument)])
    this.#child.on('message', (report: Report) => this.#reports.push(report))
  }

  of<Type extends Report['type']>(type: Type): readonly Extract<Report, { type: Type }>[] {
    return this.#reports.filter((report): report is Extract<Report, { type: Type }> => report.type === type)
  }

  /** The first of its type. */
  async report<Type extends Report['type']>(type: Type): Promise<Extract<Report, { type: Type }>> {
    await until(() => this.of(type).length > 0 || this.#child.exitCode !== null, PATIENCE_MS)
    const [first] = this.of(type)
    if (first === undefined) throw new Error(`${this.#name} reported no '${type}'`)
    return first
  }

  send(message: object): void {
    this.#child.send(message)
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL')
  }
}

/**
 * Which reporters there are, and where each writes: into `--output-dir` under its own name, else to standard output, which
 * only one of them can have. A report in HTML is always a file.
 */
import { join, resolve } from 'node:path'
import { didYouMean } from '@seakeep/core/spi'
import { GithubReporter } from '../reporting/github.ts'
import { HtmlReporter } from '../reporting/html-reporter.ts'
import { JunitReporter } from '../reporting/junit.ts'
import { NdjsonReporter } from '../reporting/ndjson.ts'
import type { Reporter } from '../reporting/reporter.ts'
import { UsageError } from './exit-code.ts'
import type { CliIo } from './io.ts'

export const REPORTERS: readonly string[] = ['pretty', 'json', 'ndjson', 'junit', 'github', 'html']
/** For programs: what they write is the whole of standard output. */
const FOR_PROGRAMS: readonly string[] = ['json', 'ndjson', 'junit']
/** Where reports in HTML go, unless `--output-dir` says otherwise. */
export const DEFAULT_REPORT_DIR = 'seakeep-report'

/** @throws UsageError for a name that is none, or two that would share standard output. */
export function readReporters(
  list: string,
  outputDir: string | undefined,
  known: readonly string[] = REPORTERS,
): readonly string[] {
  const reporters = [...new Set(list.split(','))]
  for (const reporter of reporters) {
    if (known.includes(reporter)) continue
    const hint = didYouMean(reporter, known)
    throw new UsageError(`--reporter: unknown reporter ${reporter}; one of ${known.join(', ')}${hint}`)
  }
  const rivals = reporters.filter((reporter) => FOR_PROGRAMS.includes(reporter))
  if (outputDir === undefined && rivals.length > 1) {
    const both = `${rivals.slice(0, -1).join(', ')} and ${rivals.at(-1)}`
    throw new UsageError(`--reporter: ${both} cannot share standard output; --output-dir gives each a file`)
  }
  return reporters
}

/** True where standard output belongs to a program's reporter: what people read goes to standard error then. */
export function isOutTaken(reporters: readonly string[], outputDir: string | undefined): boolean {
  return outputDir === undefined && reporters.some((reporter) => FOR_PROGRAMS.includes(reporter))
}

/** A scenario's name as part of a file's. */
export function fileName(scenario: string): string {
  return scenario.replace(/[^\p{L}\p{N}._-]+/gu, '-')
}

export interface Outlet {
  readonly io: CliIo
  readonly outputDir: string | undefined
  /** The one file, where a single report was given one. */
  readonly file?: string | undefined
  /** Writes a file; what keeps it from being written is told, and counts. */
  write(path: string, text: string): void
}

/** All but `pretty` and `json`, which the commands themselves print. */
export function createReporters(names: readonly string[], outlet: Outlet): Reporter[] {
  const { io, outputDir } = outlet
  const pathOf = (name: string, dir = outputDir): string =>
    outlet.file === undefined ? join(resolve(io.cwd, dir ?? '.'), name) : resolve(io.cwd, outlet.file)
  const isToFile = outputDir !== undefined || outlet.file !== undefined
  const toFileOrOut = (name: string) => (text: string) => (isToFile ? outlet.write(pathOf(name), text) : io.out(text))
  const people = !isToFile && isOutTaken(names, outputDir) ? io.err : io.out
  return names.flatMap((name): Reporter[] => {
    switch (name) {
      case 'ndjson':
        return [isToFile ? new KeptLines(toFileOrOut('events.ndjson')) : new NdjsonReporter(io.out)]
      case 'junit':
        return [new JunitReporter(toFileOrOut('junit.xml'))]
      case 'github':
        return [new GithubReporter({ log: people, summary: (text) => summarize(text, outlet, people) })]
      case 'html': {
        const taken = new Set<string>()
        const write = (scenario: string, text: string): void => {
          const path = pathOf(`${freeName(fileName(scenario), taken)}.html`, outputDir ?? DEFAULT_REPORT_DIR)
          outlet.write(path, text)
          people(`  report  ${path}\n`)
        }
        return [new HtmlReporter(write)]
      }
      default:
        return []
    }
  })
}

/** Lines for a file, which is written when all are there. */
class KeptLines extends NdjsonReporter {
  readonly #kept: (text: string) => void
  readonly #lines: string[]

  constructor(write: (text: string) => void) {
    const lines: string[] = []
    super((line) => void lines.push(line))
    this.#lines = lines
    this.#kept = write
  }

  ended(): void {
    this.#kept(this.#lines.join(''))
  }
}

/** Into the step's summary, where this is a step; the file is the whole step's, so it is added to. */
function summarize(text: string, { io, outputDir, file: given, write }: Outlet, people: (text: string) => void): void {
  const file = io.env.GITHUB_STEP_SUMMARY
  if (given !== undefined) write(resolve(io.cwd, given), text)
  else if (file !== undefined && file !== '') io.appendFile(resolve(io.cwd, file), text)
  else if (outputDir !== undefined) write(join(resolve(io.cwd, outputDir), 'summary.md'), text)
  else people(text)
}

/** Scenarios of one name would overwrite each other's reports. */
export function freeName(name: string, taken: Set<string>): string {
  let free = name
  for (let i = 2; taken.has(free); i++) free = `${name}-${i}`
  taken.add(free)
  return free
}

/**
 * `seakeep report RUN.json`: reports of runs that were made before, from their documents. What the pictures of the HTML
 * report are drawn from is in a document only where `run --detail` wrote it; without it the page shows what there is.
 */
import { resolve } from 'node:path'
import type { RunDocument } from '../recording/run-document.ts'
import { htmlReport } from '../reporting/html.ts'
import type { RunsDocument } from '../reporting/json.ts'
import { loadPage } from '../reporting/node-page.ts'
import type { PageRun } from '../reporting/page-data.ts'
import type { Told } from '../reporting/reporter.ts'
import { readText } from '../scenario/node-files.ts'
import { describeOptions, type OptionTable, readArguments } from './arguments.ts'
import { UsageError } from './exit-code.ts'
import type { CliIo, Command } from './io.ts'
import { createReporters, DEFAULT_REPORT_DIR, type Outlet, readReporters } from './reporters.ts'

const OPTIONS: OptionTable = {
  reporter: { value: 'LIST', about: 'html (default), junit, github, ndjson' },
  output: { short: 'o', value: 'FILE', about: 'where the report is written, of a single scenario and reporter' },
  'output-dir': { value: 'DIR', about: `where reports are written (default for html: ${DEFAULT_REPORT_DIR})` },
  base: { value: 'FILE', about: 'a run to compare with, laid under the other in the HTML report' },
  help: { short: 'h', about: 'show this help' },
}
/** What needs the scenario itself, or is the document already, is not among them. */
const FROM_DOCUMENTS = ['html', 'junit', 'github', 'ndjson']

export const reportCommand: Command = {
  name: 'report',
  about: 'reports from run documents that were written before',
  async run(args, io) {
    const given = readArguments(args, OPTIONS)
    if (given.isOn('help')) {
      io.out(`seakeep report <run.json…> [options]\n\n${describeOptions(OPTIONS)}\n`)
      return 0
    }
    if (given.positionals.length === 0) throw new UsageError('no run document is named; seakeep report run.json')
    const outputDir = given.value('output-dir')
    const output = given.value('output')
    const names = readReporters(given.value('reporter') ?? 'html', outputDir, FROM_DOCUMENTS)
    const files = given.positionals.map((path) => ({ path, runs: readRuns(path, io) }))
    const base = given.value('base')
    if (output !== undefined && (names.length > 1 || scenariosOf(files).size > 1)) {
      throw new UsageError('--output is for one report of one scenario; --output-dir holds several')
    }
    if (base !== undefined) return await compare(files, base, output, names, io)
    const outlet: Outlet = {
      io,
      outputDir,
      file: output,
      write: (path, text) => write(path, text, io),
    }
    await tell(files, names, outlet)
    return 0
  },
}

interface ReadFile {
  readonly path: string
  readonly runs: readonly RunDocument[]
}

async function tell(files: readonly ReadFile[], names: readonly string[], outlet: Outlet): Promise<void> {
  const reporters = createReporters(names, outlet)
  for (const [scenario, { path, runs }] of scenariosOf(files)) {
    const told: Told = { file: path, scenario, replay: () => undefined }
    for (const run of runs) {
      for (const one of reporters) {
        one.began?.(told, run.seed)
        for (const event of run.events$) one.event?.(told, run.seed, event)
        one.ran?.(told, run)
      }
    }
    for (const one of reporters) await one.scenarioEnded?.(told)
  }
  for (const one of reporters) one.ended?.()
}

/** Runs of one scenario belong together, whatever files they are in. */
function scenariosOf(files: readonly ReadFile[]): Map<string, { readonly path: string; readonly runs: RunDocument[] }> {
  const scenarios = new Map<string, { readonly path: string; readonly runs: RunDocument[] }>()
  for (const { path, runs } of files) {
    for (const run of runs) {
      const scenario = scenarios.get(run.scenario) ?? { path, runs: [] }
      scenario.runs.push(run)
      scenarios.set(run.scenario, scenario)
    }
  }
  return scenarios
}

async function compare(
  files: readonly ReadFile[],
  basePath: string,
  output: string | undefined,
  names: readonly string[],
  io: CliIo,
): Promise<number> {
  if (names.length !== 1 || names[0] !== 'html') throw new UsageError('--base is for the HTML report')
  const [head, ...more] = files.flatMap(({ path, runs }) => runs.map((run) => ({ path, run })))
  if (head === undefined || more.length > 0) throw new UsageError('--base: one run is compared with one other')
  const [base, ...others] = readRuns(basePath, io)
  if (base === undefined || others.length > 0) throw new UsageError(`--base: ${basePath} has more than one run`)
  if (base.scenario !== head.run.scenario) {
    throw new UsageError(`--base: ${basePath} is a run of ${base.scenario}, not of ${head.run.scenario}`)
  }
  const run: PageRun = { label: head.path, run: head.run }
  const text = htmlReport(await loadPage(), { schema: 'seakeep.report/1', run, base: { label: basePath, run: base } })
  const path = resolve(io.cwd, output ?? `${DEFAULT_REPORT_DIR}/compare.html`)
  write(path, text, io)
  io.out(`  report  ${path}\n`)
  return 0
}

function write(path: string, text: string, io: CliIo): void {
  try {
    io.writeFile(path, text)
  } catch (error) {
    throw new UsageError(`${path} cannot be written: ${(error as Error).message}`)
  }
}

function readRuns(path: string, io: CliIo): readonly RunDocument[] {
  const { text } = readText(io.cwd, path, '')
  let document: Partial<RunDocument> | Partial<RunsDocument> | null
  try {
    document = JSON.parse(text) as Partial<RunDocument> | Partial<RunsDocument> | null
  } catch (error) {
    throw new UsageError(`${path} is no JSON: ${(error as Error).message}`)
  }
  if (document?.schema === 'seakeep.run/1') return [document as RunDocument]
  if (document?.schema === 'seakeep.runs/1') return (document as RunsDocument).runs
  throw new UsageError(
    `${path} is no run document: its schema is ${document?.schema ?? 'not there'}, not seakeep.run/1`,
  )
}

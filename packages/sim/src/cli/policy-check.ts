/**
 * `seakeep policy check <file…>`: whether documents are valid, and what in them can never act. Each file is judged,
 * whatever became of the others.
 */
import { isConfigError } from '@seakeep/core'
import { type CallGraph, type Finding, lintPolicies } from '@seakeep/core/spi'
import { describeOptions, type OptionTable, readArguments } from './arguments.ts'
import { codeOfError, describeError, UsageError, worst } from './exit-code.ts'
import type { CliIo, Command } from './io.ts'
import { findingCount, findingLines, findingsAsData } from './policy-findings.ts'
import { asJson, paintOf, type ReadDocument, readDocument, writeTo } from './policy-text.ts'
import { readTopology } from './policy-topology.ts'

const OPTIONS: OptionTable = {
  topology: { value: 'FILE', about: 'a scenario or service graph: who calls whom' },
  strict: { about: 'fail at warnings, too' },
  json: { value: 'FILE', about: 'write what was found to FILE; - is standard output' },
  help: { short: 'h', about: 'show this help' },
}

/** What became of one file. */
interface Judged {
  readonly file: string
  readonly read: ReadDocument | undefined
  readonly error: unknown
  readonly findings: readonly Finding[]
}

export const policyCheckCommand: Command = {
  name: 'check',
  about: 'whether documents are valid, and what in them can never act',
  async run(args, io) {
    const given = readArguments(args, OPTIONS)
    if (given.isOn('help')) {
      io.out(`seakeep policy check <file…> [options]\n\n${describeOptions(OPTIONS)}\n`)
      return 0
    }
    if (given.positionals.length === 0) throw new UsageError('no document is named; seakeep policy check policies.yaml')
    const graph = await graphOf(given.value('topology'), io)
    const judged = given.positionals.map((file) => judge(file, graph, io))
    const json = given.value('json')
    for (const one of judged) {
      if (one.error !== undefined) io.err(describeError(one.error, one.file))
      else if (json !== '-') io.out(reportOf(one, io))
    }
    if (json !== undefined) {
      writeTo(json, asJson({ schema: 'seakeep.policy-check/1', files: judged.map(asData) }), io)
    }
    return worst(judged.map((one) => codeOf(one, given.isOn('strict'))))
  },
}

async function graphOf(file: string | undefined, io: CliIo): Promise<CallGraph | undefined> {
  if (file === undefined) return undefined
  const { graph, warnings } = await readTopology(file, io.cwd)
  for (const warning of warnings) io.err(`${paintOf(io, false)('warn', '!')} ${warning}\n`)
  return graph
}

function judge(file: string, graph: CallGraph | undefined, io: CliIo): Judged {
  try {
    const read = readDocument(file, io)
    return { file, read, error: undefined, findings: lintPolicies(read.document, graph) }
  } catch (error) {
    return { file, read: undefined, error, findings: [] }
  }
}

function codeOf({ error, findings }: Judged, isStrict: boolean): number {
  if (error !== undefined) return codeOfError(error)
  return isStrict && findings.some(({ level }) => level === 'warning') ? 1 : 0
}

function reportOf({ file, read, findings }: Judged, io: CliIo): string {
  const paint = paintOf(io)
  if (read === undefined) return ''
  const { selection, inbound } = read.document.written
  const isClean = findings.every(({ level }) => level === 'note')
  const sign = isClean ? paint('good', '✓') : paint('warn', '!')
  const counts = [
    `${selection.targets.length} ${selection.targets.length === 1 ? 'target' : 'targets'}`,
    ...(inbound.size === 0 ? [] : [`${inbound.size} inbound`]),
    findingCount(findings) || 'nothing to say',
  ]
  const hash = paint('dim', read.document.hash)
  return `${findingLines(findings, file, paint)}${sign} ${read.name}  valid: ${counts.join(', ')}  ${hash}\n`
}

function asData({ file, read, error, findings }: Judged): unknown {
  if (read === undefined) {
    const path = isConfigError(error) ? error.path : ''
    return { file, valid: false, error: { path, message: (error as Error).message }, findings: [] }
  }
  return { file, valid: true, hash: read.document.hash, findings: findingsAsData(findings) }
}

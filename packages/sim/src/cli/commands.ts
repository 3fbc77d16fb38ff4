/**
 * The commands there are, and the way from words to an exit code. Nothing here touches the process, so that tests call
 * {@link runCli} as a function.
 */
import { didYouMean } from '@seakeep/core/spi'
import { compareCommand } from './compare.ts'
import { demoCommand } from './demo.ts'
import { doctorCommand } from './doctor.ts'
import { codeOfError, describeError, UsageError } from './exit-code.ts'
import { explainCommand } from './explain.ts'
import { importCommand } from './import.ts'
import { initCommand } from './init.ts'
import type { CliIo, Command } from './io.ts'
import { mergeCommand } from './merge.ts'
import { policyCommand } from './policy.ts'
import { replayCommand } from './replay.ts'
import { reportCommand } from './report.ts'
import { runCommand } from './run.ts'
import { shrinkCommand } from './shrink.ts'
import { sweepCommand } from './sweep.ts'
import { ownVersion } from './version.ts'

const COMMANDS: readonly Command[] = [
  demoCommand,
  runCommand,
  replayCommand,
  importCommand,
  reportCommand,
  mergeCommand,
  compareCommand,
  sweepCommand,
  shrinkCommand,
  explainCommand,
  policyCommand,
  initCommand,
  doctorCommand,
]

/** Resolves to the exit code; everything a command throws is told and counted here. */
export async function runCli(args: readonly string[], io: CliIo): Promise<number> {
  try {
    return await dispatch(args, io)
  } catch (error) {
    io.err(describeError(error))
    if (error instanceof UsageError) io.err(`  see seakeep ${args[0] === 'policy' ? 'policy ' : ''}help\n`)
    return codeOfError(error)
  }
}

async function dispatch([name, ...args]: readonly string[], io: CliIo): Promise<number> {
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    const asked = COMMANDS.find((command) => command.name === args[0])
    if (asked !== undefined) return await asked.run(['--help'], io)
    io.out(helpText())
    // Nothing asked is a slip, but one that help answers.
    return name === undefined ? 2 : 0
  }
  if (name === 'version' || name === '--version' || name === '-v') {
    io.out(`seakeep ${ownVersion()}\n`)
    return 0
  }
  const command = COMMANDS.find((one) => one.name === name)
  if (command !== undefined) return await command.run(args, io)
  const names = [...COMMANDS.map((one) => one.name), 'help', 'version']
  const hint = /\.(sim\.)?(ts|js|mjs|ya?ml|json)$/.test(name)
    ? `; did you mean seakeep run ${name}?`
    : didYouMean(name, names)
  throw new UsageError(`unknown command ${name}; one of ${names.join(', ')}${hint}`)
}

function helpText(): string {
  const rows = [
    ...COMMANDS.map(({ name, about }) => [name, about] as const),
    ['help', 'this, or the options of a command: seakeep help run'] as const,
    ['version', 'the version of seakeep'] as const,
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  return [
    'seakeep: runs your service governance in a simulated topology, under faults',
    '',
    ...rows.map(([name, about]) => `  ${name.padEnd(width)}  ${about}`),
    '',
    'Exit codes: 0 ok · 1 a threshold or a comparison failed · 2 usage, file or scenario · 3 code of the scenario threw ·',
    '            4 non-determinism · 5 invalid experiment · 130 interrupted',
    '',
  ].join('\n')
}

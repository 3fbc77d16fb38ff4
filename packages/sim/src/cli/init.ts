/**
 * `seakeep init`: a policy document, a scenario and a CI job for the project in this folder, written for what is found
 * there. Nothing that is there already is touched.
 */
import { existsSync } from 'node:fs'
import { extname, relative, resolve } from 'node:path'
import { stringify } from 'yaml'
import { describeOptions, type OptionTable, readArguments } from './arguments.ts'
import { UsageError } from './exit-code.ts'
import { type FoundProject, findProject } from './init-project.ts'
import { ciJob, policyText, scenarioData, scenarioHead } from './init-texts.ts'
import type { CliIo, Command } from './io.ts'
import { paintOf, writeTo } from './policy-text.ts'
import { commandLine } from './replay-command.ts'

const OPTIONS: OptionTable = {
  output: {
    value: 'FILE',
    short: 'o',
    about: 'the scenario’s file, as JSON where it ends so (default: sims/<name>.sim.yaml)',
  },
  'no-ci': { about: 'write no CI job' },
  help: { short: 'h', about: 'show this help' },
}

export const initCommand: Command = {
  name: 'init',
  about: 'writes a policy document, a scenario and a CI job for the project here',
  async run(args, io) {
    const given = readArguments(args, OPTIONS)
    if (given.isOn('help')) {
      io.out(`seakeep init [options]\n\n${describeOptions(OPTIONS)}\n`)
      return 0
    }
    if (given.positionals.length > 0)
      throw new UsageError('init takes no file; it writes for the project in this folder')
    const project = findProject(io.cwd)
    const scenario = given.value('output') ?? `sims/${project.name}.sim.yaml`
    const policies = project.policies ?? 'policies.yaml'
    tellFound(project, io)
    writeNew(policies, policyText(project), io)
    writeNew(scenario, textOf(project, scenario, policies, io), io)
    if (!given.isOn('no-ci')) writeNew('.github/workflows/seakeep.yml', ciJob(scenario, policies), io)
    writeNew('.gitignore', 'node_modules/\n.seakeep/\nseakeep-report/\n', io)
    tellNext(project, scenario, policies, io)
    return 0
  },
}

function tellFound({ name, uses, services, policies }: FoundProject, io: CliIo): void {
  const found = [
    ...(uses.length === 0 ? [] : [`it uses ${uses.join(', ')}`]),
    ...(services.length === 0 ? [] : [`it calls ${services.join(', ')}`]),
    ...(policies === undefined ? [] : [`its policies are in ${policies}`]),
  ]
  io.out(`  ${name}${found.length === 0 ? '' : `: ${found.join('; ')}`}\n`)
}

function writeNew(path: string, text: string, io: CliIo): void {
  const paint = paintOf(io)
  if (existsSync(resolve(io.cwd, path))) {
    io.out(`  ${paint('dim', '=')} ${path} is there already and stays as it is\n`)
    return
  }
  writeTo(path, text, io)
  io.out(`  ${paint('good', '+')} ${path}\n`)
}

function textOf(project: FoundProject, scenario: string, policies: string, io: CliIo): string {
  const folder = resolve(io.cwd, scenario, '..')
  const path = relative(folder, resolve(io.cwd, policies))
  const data = scenarioData(project, path.startsWith('.') ? path : `./${path}`)
  return extname(scenario) === '.json'
    ? `${JSON.stringify(data, undefined, 2)}\n`
    : scenarioHead(project) + stringify(data)
}

function tellNext({ isInstalled }: FoundProject, scenario: string, policies: string, io: CliIo): void {
  const command = (words: readonly string[]): string => commandLine(words, io.env)
  const install = `    npm install --save-dev @seakeep/sim
        so that the CI job has this command, too
`
  io.out(`
  Next:
${isInstalled ? '' : install}    ${command(['run', scenario])}
        runs it: all thresholds hold
    ${command(['run', scenario, '--policies', 'none'])}
        the same without policies: what they are for
    ${command(['explain', scenario, '--base', 'none'])}
        why its worst call ended as it did
    ${command(['compare', scenario, '--base', 'none', '--head', policies])}
        the two beside each other, with the same seeds
`)
}

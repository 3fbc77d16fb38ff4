/** `seakeep import FILE`: a service graph or traces of another tool as a scenario of one's own. */
import { extname, resolve } from 'node:path'
import { number, rootPlace } from '@seakeep/core/spi'
import { type ImportedScenario, importedScenario } from '../scenario/importing/import-scenario.ts'
import { BARE_RATE_PER_SECOND, ImportedTopology } from '../scenario/importing/imported-topology.ts'
import { loadScenario } from '../scenario/node-load-scenario.ts'
import { resolveScenario } from '../scenario/resolving/resolve-scenario.ts'
import { counted } from '../scenario/said.ts'
import { scenarioAsCode, scenarioAsJson, scenarioAsYaml } from '../scenario/scenario-text.ts'
import { describeOptions, type OptionTable, readArguments } from './arguments.ts'
import { UsageError } from './exit-code.ts'
import type { CliIo, Command } from './io.ts'

const OPTIONS: OptionTable = {
  output: {
    value: 'FILE',
    short: 'o',
    about: 'write it to FILE: *.json as JSON, *.ts as code, else YAML (default: YAML on standard output)',
  },
  rate: { value: 'R', about: 'calls a second, over all entry points by their share (default 100)' },
  name: { value: 'NAME', about: 'what the scenario is called (default: the name of FILE)' },
  help: { short: 'h', about: 'show this help' },
}

export const importCommand: Command = {
  name: 'import',
  about: 'make a scenario of an isotope graph, Jaeger traces or dependencies, OTLP traces',
  async run(args, io) {
    const given = readArguments(args, OPTIONS)
    if (given.isOn('help')) {
      io.out(`seakeep import <file> [options]\n\n${describeOptions(OPTIONS)}\n`)
      return 0
    }
    const [file, ...others] = given.positionals
    if (file === undefined) throw new UsageError('no file is named; seakeep import traces.json -o shop.sim.yaml')
    if (others.length > 0) throw new UsageError(`one file at a time; ${others.join(', ')} would be a second scenario`)
    const output = given.value('output')
    if (output !== undefined && resolve(io.cwd, output) === resolve(io.cwd, file)) {
      throw new UsageError(`--output: ${output} is the file that is read`)
    }
    const ratePerSecond = readRate(given.value('rate'))
    const scenario = await read(file, { name: given.value('name'), ratePerSecond }, io)
    if (output === undefined) io.out(scenarioAsYaml(scenario))
    else write(output, textFor(output, scenario), io)
    io.err(summary(scenario, file, output))
    return 0
  },
}

async function read(
  file: string,
  options: { readonly name: string | undefined; readonly ratePerSecond: number },
  io: CliIo,
): Promise<ImportedScenario> {
  const loaded = await loadScenario(file, io.cwd)
  const { topology } = (loaded.input ?? {}) as { readonly topology?: unknown }
  if (!loaded.isBare || !(topology instanceof ImportedTopology)) {
    throw new UsageError(`${file} is a scenario already; seakeep run ${file}`)
  }
  const { name = loaded.name, ratePerSecond } = options
  const scenario = importedScenario(topology, { name, ratePerSecond })
  // What could not be run is not written.
  resolveScenario(scenario.data)
  return scenario
}

function readRate(text: string | undefined): number {
  if (text === undefined) return BARE_RATE_PER_SECOND
  return number({ above: 0, max: 1e6 }).resolve(Number(text), rootPlace('--rate'))
}

function textFor(output: string, scenario: ImportedScenario): string {
  const ending = extname(output)
  if (ending === '.json') return scenarioAsJson(scenario)
  return ['.ts', '.mts', '.js', '.mjs'].includes(ending) ? scenarioAsCode(scenario) : scenarioAsYaml(scenario)
}

function write(output: string, text: string, io: CliIo): void {
  try {
    io.writeFile(resolve(io.cwd, output), text)
  } catch (error) {
    throw new UsageError(`${output} cannot be written: ${(error as Error).message}`)
  }
}

function summary({ data, notes }: ImportedScenario, file: string, output: string | undefined): string {
  const head = `${file}: ${counted(Object.keys(data.topology).length, 'service')} imported`
  // On standard output the same notes stand in the scenario itself.
  if (output === undefined) return `${head}; what was inferred and what was guessed stands at its head\n`
  const lines = notes.flatMap(({ title, sentences }) => [`  ${title}:`, ...sentences.map((one) => `    - ${one}`)])
  return `${[`${head}; seakeep run ${output}`, ...lines].join('\n')}\n`
}

/**
 * `seakeep doctor [file]`: is everything here that is needed, and does the same seed give the same run? The second run is
 * made in a process that is unlike this one in what must not matter: time zone, language, the seeds of Node's own hashing
 * and chance. Of a scenario with code that is the only way to find what leaks in from outside.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import type { RunDocument } from '../recording/run-document.ts'
import { instant } from '../reporting/figures.ts'
import { loadScenario, resolveLoaded } from '../scenario/node-load-scenario.ts'
import { describeOptions, type OptionTable, readArguments } from './arguments.ts'
import { UsageError } from './exit-code.ts'
import { interruptible } from './interruption.ts'
import type { CliIo, Command } from './io.ts'
import { paintOf } from './policy-text.ts'
import { PRESETS } from './presets.ts'
import { readSeedOption } from './run-options.ts'

const OPTIONS: OptionTable = {
  seed: { value: 'S', about: 'the seed both runs are made with (default: the scenario’s, else 1)' },
  determinism: { about: 'the default: compare two runs' },
  help: { short: 'h', about: 'show this help' },
}

const LEAST_NODE = [22, 19] as const
const PACKAGES = [
  '@seakeep/core',
  '@seakeep/transport-http',
  '@seakeep/transport-grpc',
  '@seakeep/registry-consul',
  '@seakeep/registry-etcd',
  'vitest',
]

export const doctorCommand: Command = {
  name: 'doctor',
  about: 'checks the installation, and that the same seed gives the same run',
  async run(args, io) {
    const given = readArguments(args, OPTIONS)
    if (given.isOn('help')) {
      io.out(`seakeep doctor [file] [options]\n\n${describeOptions(OPTIONS)}\n`)
      return 0
    }
    const [file, ...more] = given.positionals
    if (more.length > 0) throw new UsageError('doctor takes one scenario, as seakeep doctor x.sim.ts')
    const isFit = checkNode(io)
    checkPackages(io)
    const code = await compareRuns(file, readSeedOption(given.value('seed')), io)
    return isFit ? code : 2
  },
}

function checkNode(io: CliIo): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const isFit = major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1])
  tell(
    io,
    isFit,
    `Node ${process.versions.node}${isFit ? '' : `, which is too old: ${LEAST_NODE.join('.')} is needed`}`,
  )
  return isFit
}

/** What a project has installed is only told: a package is needed where it is used. */
function checkPackages(io: CliIo): void {
  const found = PACKAGES.map((name) => [name, versionOf(name, io.cwd)] as const)
  const here = found.flatMap(([name, version]) => (version === undefined ? [] : [`${name} ${version}`]))
  const missing = found.filter(([, version]) => version === undefined).map(([name]) => name)
  tell(io, true, `installed: ${here.join(', ') || 'nothing of ours'}`)
  if (missing.length > 0) io.out(`    not installed here: ${missing.join(', ')}\n`)
}

function versionOf(name: string, cwd: string): string | undefined {
  for (const from of [join(cwd, 'package.json'), import.meta.url]) {
    try {
      const require = createRequire(from)
      return (JSON.parse(readFileSync(require.resolve(`${name}/package.json`), 'utf8')) as { version: string }).version
    } catch {
      // Not from here; perhaps from beside this program.
    }
  }
  return undefined
}

/** Resolves to the exit code. */
async function compareRuns(given: string | undefined, asked: number | undefined, io: CliIo): Promise<number> {
  const isOwn = given === undefined
  const file = given ?? PRESETS[0]?.file ?? ''
  const durationMs = isOwn ? 5000 : undefined
  const loaded = await loadScenario(file, io.cwd)
  const scenario = resolveLoaded(loaded, {
    seed: asked,
    durationMs,
    ...(isOwn && { settings: [{ text: 'warmup=0s', keys: ['warmup'], value: '0s' }] }),
  })
  using interruption = interruptible(io)
  const one = await io.simulate(scenario, { signal: interruption.signal })
  const folder = mkdtempSync(join(tmpdir(), 'seakeep-doctor-'))
  try {
    const json = join(folder, 'run.json')
    const words = [
      'run',
      file,
      '--seed',
      String(scenario.seed),
      '--json',
      json,
      ...(isOwn ? ['--duration', '5s', '--set', 'warmup=0s'] : []),
    ]
    const code = await io.runAgain(words, {
      isQuiet: true,
      env: { TZ: 'Pacific/Chatham', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' },
      nodeArgs: ['--hash-seed=4711', '--random-seed=4711'],
    })
    if (interruption.signal.aborted || code === 130) return 130
    if (code === 2 || code === 3) {
      tell(io, false, `the second run of ${scenario.name} ended with exit ${code}, the first did not`)
      return 4
    }
    return judge(one, JSON.parse(readFileSync(json, 'utf8')) as RunDocument, io)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function judge(one: RunDocument, other: RunDocument, io: CliIo): number {
  const name = `${one.scenario}, seed ${one.seed}`
  if (one.traceHash === other.traceHash) {
    tell(io, true, `the same run twice, in unlike processes: ${name}, trace ${one.traceHash}`)
    return 0
  }
  tell(
    io,
    false,
    `not deterministic: ${name} gave trace ${one.traceHash} here and ${other.traceHash} in a process of its own`,
  )
  const step = one.traceHashes.find(({ hash }, i) => hash !== other.traceHashes[i]?.hash)
  if (step !== undefined) io.out(`    the first second that differs ends at ${instant(step.atMs)}\n`)
  const services = Object.keys(one.services).filter(
    (service) => one.services[service]?.traceHash !== other.services[service]?.traceHash,
  )
  if (services.length > 0) io.out(`    services that differ: ${services.join(', ')}\n`)
  const at = one.events$.findIndex((event, i) => JSON.stringify(event) !== JSON.stringify(other.events$[i]))
  if (at >= 0) {
    io.out(`    the first event that differs, here:   ${JSON.stringify(one.events$[at])}\n`)
    io.out(`                                   there:  ${JSON.stringify(other.events$[at] ?? null)}\n`)
  }
  io.out('    what leaks in is time, chance or state from outside: Date, Math.random, a variable of a module\n')
  return 4
}

function tell(io: CliIo, isFit: boolean, text: string): void {
  io.out(`  ${paintOf(io)(isFit ? 'good' : 'bad', isFit ? '✓' : '✗')} ${text}\n`)
}

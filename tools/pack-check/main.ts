// `pnpm pack-check`: packs every package and uses the tarballs as an app would, in a project outside the workspace:
// every door imports and usage.ts runs on the oldest Node we support and on this one, and both type-check strictly,
// libraries' declarations included. publint and attw look at the same tarballs.
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly exports: Record<string, unknown>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

const OLDEST_NODE = '22.19.0'
const PUBLINT = 'publint@0.3.25'
const ATTW = '@arethetypeswrong/cli@0.18.5'

const SCENARIO = `import { defineScenario, poisson, service } from '@seakeep/sim'
export default defineScenario({
  name: 'shop',
  duration: '5s',
  topology: { shop: service({ replicas: 2, concurrency: 4, work: '5ms' }) },
  workload: [poisson({ to: 'shop', rate: 100, deadline: '1s' })],
  thresholds: { 'shop.goodput': ['ratio>=0.99'] },
})
`

const root = join(import.meta.dirname, '..', '..')
const project = mkdtempSync(join(tmpdir(), 'seakeep-pack-'))
const packages = readdirSync(join(root, 'packages'))
  .map((name) => join(root, 'packages', name))
  .filter((folder) => existsSync(join(folder, 'package.json')))
  .map((folder) => ({ folder, manifest: readJson(join(folder, 'package.json')) as Manifest }))
  .filter(({ manifest }) => !manifest.private)
const failures: string[] = []

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'))
}

function run(cwd: string, command: string, ...args: string[]): string {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

function step<T>(what: string, act: () => T): T | undefined {
  try {
    const result = act()
    console.log(`ok    ${what}`)
    return result
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as { stdout?: string; stderr?: string; message: string }
    console.log(`FAIL  ${what}\n${`${stdout}${stderr}` || message}`)
    failures.push(what)
    return undefined
  }
}

/** Built from nothing, since a deleted source leaves its output behind. */
function build(): void {
  for (const { folder } of packages) rmSync(join(folder, 'dist'), { recursive: true, force: true })
  run(root, 'pnpm', 'build', '--force', '--output-logs=errors-only')
}

function pack(folder: string): string {
  const before = new Set(readdirSync(project))
  run(folder, 'pnpm', 'pack', '--pack-destination', project)
  const tarball = readdirSync(project).find((name) => name.endsWith('.tgz') && !before.has(name))
  if (tarball === undefined) throw new Error('no tarball was written')
  return tarball
}

function install(tarballs: readonly string[]): void {
  const catalog = (name: string): string =>
    (readJson(join(root, 'node_modules', name, 'package.json')) as { version: string }).version
  const devDependencies = Object.fromEntries(
    ['typescript', 'vitest', '@types/node'].map((name) => [name, catalog(name)]),
  )
  const oldest = `npm:node-${process.platform}-${process.arch}@${OLDEST_NODE}`
  const dependencies = Object.fromEntries(tarballs.map((file, at) => [packages[at]?.manifest.name, `file:${file}`]))
  // What a door needs of others is there for whoever opens it, as an app would have it.
  const asked = packages.flatMap(({ manifest }) => Object.entries(manifest.peerDependencies ?? {}))
  const peers = Object.fromEntries(
    asked.filter(([name]) => !name.startsWith('@seakeep/') && devDependencies[name] === undefined),
  )
  const manifest = {
    private: true,
    type: 'module',
    dependencies: { ...peers, ...dependencies },
    devDependencies: { ...devDependencies, 'oldest-node': oldest },
  }
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest))
  run(project, 'npm', 'install', '--no-audit', '--no-fund', '--loglevel=error')
}

function writeSources(): void {
  const doors = packages.flatMap(({ manifest }) =>
    Object.keys(manifest.exports)
      .filter((door) => !door.endsWith('.json'))
      .map((door) => manifest.name + door.slice(1)),
  )
  const lines = doors.map((door, at) => `import * as door${at} from '${door}'\nvoid door${at}\n`)
  writeFileSync(join(project, 'doors.ts'), `${lines.join('')}console.log('  ${doors.length} doors open')\n`)
  copyFileSync(join(import.meta.dirname, 'usage.ts'), join(project, 'usage.ts'))
  const compilerOptions = {
    ...{ target: 'es2024', module: 'nodenext', strict: true, skipLibCheck: false, types: ['node'] },
    ...{ exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, outDir: 'out', rootDir: '.' },
  }
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['doors.ts', 'usage.ts'] }))
}

function useOn(node: string): void {
  for (const program of ['doors', 'usage']) {
    step(`${program} on Node ${run(project, node, '--version').trim()}`, () => {
      process.stdout.write(run(project, node, join('out', `${program}.js`)))
    })
  }
}

try {
  step('build', build)
  const tarballs = packages.map(({ folder, manifest }) => step(`pack ${manifest.name}`, () => pack(folder)))
  const packed = tarballs.filter((file) => file !== undefined)
  for (const file of packed) {
    step(`publint ${file}`, () => run(project, 'pnpm', 'dlx', PUBLINT, file, '--strict'))
    step(`attw ${file}`, () => run(project, 'pnpm', 'dlx', ATTW, file, '--profile', 'esm-only'))
  }
  if (packed.length === packages.length && step('install the tarballs with npm', () => install(packed)) === undefined) {
    step('write the sources', writeSources)
    step('type-check, strict, libraries included', () =>
      run(project, 'node', join('node_modules', 'typescript', 'bin', 'tsc')),
    )
    const oldestNode = join(project, 'node_modules', 'oldest-node', 'bin', 'node')
    useOn(oldestNode)
    useOn(process.execPath)
    step('seakeep demo', () => {
      const output = run(project, join('node_modules', '.bin', 'seakeep'), 'demo')
      if (!/goodput/.test(output) || !/seed/.test(output)) throw new Error(`the demo says:\n${output}`)
    })
    step(`seakeep run of a .sim.ts on Node ${OLDEST_NODE}`, () => {
      writeFileSync(join(project, 'shop.sim.ts'), SCENARIO)
      const cli = join('node_modules', '@seakeep', 'sim', 'dist', 'cli', 'main.js')
      run(project, oldestNode, cli, 'run', 'shop.sim.ts', '--json', 'run.json')
      const { passed } = readJson(join(project, 'run.json')) as { passed: boolean }
      if (!passed) throw new Error('the scenario did not pass')
    })
  }
} finally {
  rmSync(project, { recursive: true })
}
console.log(
  failures.length === 0 ? 'pack-check: all good' : `pack-check: ${failures.length} failed: ${failures.join('; ')}`,
)
process.exitCode = failures.length === 0 ? 0 : 1

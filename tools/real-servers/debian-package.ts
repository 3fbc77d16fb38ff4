// One binary out of a package of Debian, without root and without touching the machine's own apt: a private apt whose
// only source is the machine's own, with its suite replaced. So no host is named here, and apt checks the signatures.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

export interface DebianPackage {
  readonly name: string
  /** Path of the binary within the package. */
  readonly binary: string
  /** Releases that have the package, in the order to try. */
  readonly suites: readonly string[]
}

const SOURCES = '/etc/apt/sources.list.d/debian.sources'
/** A step that has not ended by then never will. */
const STEP_MS = 120_000

const run = promisify(execFile)

/** Leaves the package's binary at `path`, whole or not at all. Throws with the reason of every suite that failed. */
export async function downloadBinary(pack: DebianPackage, path: string): Promise<void> {
  if (!existsSync(SOURCES)) throw new Error(`this machine has no ${SOURCES} to download it by`)
  const sources = await readFile(SOURCES, 'utf8')
  const reasons: string[] = []
  for (const suite of pack.suites) {
    const folder = await mkdtemp(join(dirname(path), 'download-'))
    try {
      await downloadFrom(suite, sources, pack, folder)
      const binary = join(folder, 'root', pack.binary)
      await run(binary, ['--version'], { timeout: STEP_MS })
      await rename(binary, path)
      return
    } catch (error) {
      reasons.push(`${suite}: ${reasonOf(error)}`)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
  throw new Error(reasons.join('; '))
}

async function downloadFrom(suite: string, sources: string, pack: DebianPackage, folder: string): Promise<void> {
  const parts = join(folder, 'sources')
  const state = join(folder, 'state')
  const cache = join(folder, 'cache')
  for (const made of [parts, join(state, 'lists', 'partial'), join(cache, 'archives', 'partial')]) {
    await mkdir(made, { recursive: true })
  }
  const { stdout: architecture } = await run('dpkg', ['--print-architecture'])
  await writeFile(join(parts, 'debian.sources'), sourceOf(suite, sources, architecture.trim()))
  await writeFile(join(folder, 'status'), '')
  const options = [
    'Dir::Etc::SourceList=/dev/null',
    `Dir::Etc::SourceParts=${parts}`,
    `Dir::State=${state}`,
    `Dir::State::Lists=${join(state, 'lists')}`,
    `Dir::State::status=${join(folder, 'status')}`,
    `Dir::Cache=${cache}`,
    'Dir::Cache::srcpkgcache=',
    'APT::Sandbox::User=root',
    'APT::Update::Error-Mode=any',
    'Acquire::http::Timeout=15',
  ].flatMap((option) => ['-o', option])
  const step = { cwd: folder, timeout: STEP_MS, env: { ...process.env, LC_ALL: 'C' } }
  await run('apt-get', [...options, '-q', 'update'], step)
  await run('apt-get', [...options, '-q', 'download', pack.name], step)
  const file = (await readdir(folder)).find((name) => name.endsWith('.deb'))
  if (file === undefined) throw new Error(`apt-get left no package ${pack.name}`)
  await run('dpkg-deb', ['-x', file, 'root'], step)
}

/** The machine's first stanza of packages, cut down to one index of one suite: reading indexes is what takes the time. */
export function sourceOf(suite: string, sources: string, architecture: string): string {
  const stanza = sources
    .split(/\n\s*\n/)
    .find((text) => /^Types:(.*\s)?deb(\s|$)/m.test(text) && /^Suites:/m.test(text))
  if (stanza === undefined) throw new Error(`${SOURCES} has no source of packages`)
  const kept = stanza
    .split('\n')
    .filter((line) => !/^(#|(Types|Suites|Components|Architectures|Targets|Languages):)/i.test(line))
  const own = [
    'Types: deb',
    `Suites: ${suite}`,
    'Components: main',
    `Architectures: ${architecture}`,
    'Targets: Packages',
  ]
  return `${[...own, ...kept.filter((line) => line.trim() !== '')].join('\n')}\n`
}

function reasonOf(error: unknown): string {
  const { stderr, message, code } = error as { stderr?: string; message: string; code?: unknown }
  if (code === 'ENOENT') return 'apt-get and dpkg are needed to download it'
  const lines = (stderr ?? '').split('\n').filter((line) => /^(E|W|Err):/.test(line))
  return lines[0] ?? message.split('\n')[0] ?? 'unknown'
}

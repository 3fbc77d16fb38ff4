/**
 * Seeds that failed, kept in `.seakeep/failing-seeds.json` of the working directory, so that the next run of the same
 * file or test begins with them: whoever mends something sees first whether it is mended. Only the order changes by it.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import process from 'node:process'
import { objectOf } from '@seakeep/core/spi'

const FILE = '.seakeep/failing-seeds.json'
const SCHEMA = 'seakeep.failing-seeds/1'

/** Where they are kept. */
interface Place {
  readonly cwd: string
  writeFile(path: string, text: string): void
}

export class FailingSeeds {
  readonly #place: Place
  readonly #files: Map<string, Set<number>>
  readonly #changed = new Set<string>()

  constructor(place: Place) {
    this.#place = place
    this.#files = readKept(resolve(place.cwd, FILE))
  }

  /** `seeds` with those of them that failed the last time before the others. */
  first(file: string, seeds: readonly number[]): readonly number[] {
    const kept = this.#files.get(this.#nameOf(file))
    if (kept === undefined) return seeds
    return [...seeds.filter((seed) => kept.has(seed)), ...seeds.filter((seed) => !kept.has(seed))]
  }

  note(file: string, seed: number, hasFailed: boolean): void {
    const name = this.#nameOf(file)
    const kept = this.#files.get(name) ?? new Set()
    if (kept.has(seed) === hasFailed) return
    if (hasFailed) kept.add(seed)
    else kept.delete(seed)
    this.#files.set(name, kept)
    this.#changed.add(name)
  }

  /** Writes them, where anything is new; what others have written meanwhile of other files stays. */
  keep(): void {
    if (this.#changed.size === 0) return
    const path = resolve(this.#place.cwd, FILE)
    const all = readKept(path)
    for (const name of this.#changed) all.set(name, this.#files.get(name) ?? new Set())
    const files = [...all].filter(([, seeds]) => seeds.size > 0)
    const sorted = files.map(([file, seeds]) => [file, [...seeds].sort((a, b) => a - b)])
    const document = { schema: SCHEMA, files: Object.fromEntries(sorted) }
    this.#place.writeFile(path, `${JSON.stringify(document, undefined, 2)}\n`)
    this.#changed.clear()
  }

  #nameOf(file: string): string {
    return relative(this.#place.cwd, resolve(this.#place.cwd, file))
  }
}

/** Those of this process, for tests: several files may be at it at once, so the file is swapped in whole. */
export function failingSeedsHere(cwd: string = process.cwd()): FailingSeeds {
  return new FailingSeeds({
    cwd,
    writeFile(path, text) {
      mkdirSync(dirname(path), { recursive: true })
      const draft = `${path}.${process.pid}`
      writeFileSync(draft, text)
      renameSync(draft, path)
    },
  })
}

/**
 * Tries `count` seeds from `first` on, those kept under `name` first, up to the first that throws: it is kept, and thrown
 * on. A single seed is kept nowhere, as there is no order of one.
 */
export async function tryFailingFirst(
  failing: FailingSeeds,
  name: string,
  first: number,
  count: number,
  attempt: (seed: number) => Promise<void>,
): Promise<void> {
  if (count === 1) return await attempt(first)
  const seeds = Array.from({ length: count }, (_, i) => first + i)
  try {
    for (const seed of failing.first(name, seeds)) {
      await attempt(seed).catch((error: unknown) => {
        failing.note(name, seed, true)
        throw error
      })
      failing.note(name, seed, false)
    }
  } finally {
    keepQuietly(failing)
  }
}

/** Where nothing can be written the test is what counts. */
function keepQuietly(failing: FailingSeeds): void {
  try {
    failing.keep()
  } catch {}
}

/** What cannot be read is as if nothing had been kept: it is only an order. */
function readKept(path: string): Map<string, Set<number>> {
  try {
    const document = objectOf(JSON.parse(readFileSync(path, 'utf8')))
    if (document?.schema !== SCHEMA) return new Map()
    const files = Object.entries(objectOf(document.files) ?? {})
    return new Map(
      files.map(([file, seeds]) => [file, new Set(Array.isArray(seeds) ? seeds.filter(Number.isInteger) : [])]),
    )
  } catch {
    return new Map()
  }
}

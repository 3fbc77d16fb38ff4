/**
 * Seeds that failed, kept in `.seakeep/failing-seeds.json` of the working directory, so that the next run of the same
 * file begins with them: whoever mends something sees first whether it is mended. Only the order changes by it.
 */
import { readFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { objectOf } from '@seakeep/core/spi'
import type { CliIo } from './io.ts'

const FILE = '.seakeep/failing-seeds.json'
const SCHEMA = 'seakeep.failing-seeds/1'

export class FailingSeeds {
  readonly #io: CliIo
  readonly #files: Map<string, Set<number>>
  #hasChanged = false

  constructor(io: CliIo) {
    this.#io = io
    this.#files = readKept(resolve(io.cwd, FILE))
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
    this.#hasChanged = true
  }

  /** Writes them, where anything is new. */
  keep(): void {
    if (!this.#hasChanged) return
    const files = [...this.#files].filter(([, seeds]) => seeds.size > 0)
    const sorted = files.map(([file, seeds]) => [file, [...seeds].sort((a, b) => a - b)])
    const document = { schema: SCHEMA, files: Object.fromEntries(sorted) }
    this.#io.writeFile(resolve(this.#io.cwd, FILE), `${JSON.stringify(document, undefined, 2)}\n`)
  }

  #nameOf(file: string): string {
    return relative(this.#io.cwd, resolve(this.#io.cwd, file))
  }
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

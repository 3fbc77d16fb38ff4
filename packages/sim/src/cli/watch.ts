/**
 * `seakeep run … --watch`: the same run again after each change of a file beside a scenario. Each is a process of its
 * own, since a module that was imported cannot be read anew. It ends by Ctrl-C.
 */
import { dirname, resolve } from 'node:path'
import { interruptible } from './interruption.ts'
import type { CliIo } from './io.ts'

export async function watchRuns(files: readonly string[], args: readonly string[], io: CliIo): Promise<number> {
  using interruption = interruptible(io)
  const { signal } = interruption
  const words = ['run', ...args.filter((word) => word !== '--watch' && word !== '-w')]
  const folders = [...new Set([...files, ...policyFiles(args)].map((file) => dirname(resolve(io.cwd, file))))]
  const changes = new Changes(signal)
  using _watching = io.watchFolders(folders, () => changes.tell())
  while (!signal.aborted) {
    changes.forget()
    const code = await io.runAgain(words)
    if (signal.aborted) break
    io.err(`  ${code === 0 ? '✓' : '✗'} exit ${code}; waiting for a change, Ctrl-C ends\n`)
    await changes.next()
  }
  return 130
}

function policyFiles(args: readonly string[]): readonly string[] {
  return args.flatMap((word, i) => {
    const inline = word.startsWith('--policies=') ? word.slice('--policies='.length) : undefined
    const file = inline ?? (word === '--policies' ? args[i + 1] : undefined)
    return file === undefined || file === 'none' ? [] : [file]
  })
}

/** Changes that have been told and not been seen to. */
class Changes {
  #isChanged = false
  #wake: () => void = () => {}

  constructor(signal: AbortSignal) {
    signal.addEventListener('abort', () => this.#wake())
  }

  tell(): void {
    this.#isChanged = true
    this.#wake()
  }

  forget(): void {
    this.#isChanged = false
  }

  /** Resolves at the next change, at once where there was one, and at Ctrl-C. */
  async next(): Promise<void> {
    if (this.#isChanged) return
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
  }
}

/** A command line that does simulate, in this process, with everything else in memory; files are read from `cwd`. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { runCli } from '../src/cli/commands.ts'
import type { CliIo } from '../src/cli/io.ts'
import { runScenario } from '../src/running/run-scenario.ts'
import { type FakeIo, fakeIo } from './fake-run.ts'

export interface Played {
  readonly code: number
  readonly out: string
  readonly err: string
  readonly io: FakeIo
}

/** Runs one command as a shell would read it; files it writes are there afterwards. */
export async function play(cwd: string, line: string, change: Partial<CliIo> = {}): Promise<Played> {
  const io = fakeIo({
    cwd,
    simulate: async (scenario, options) => (await runScenario(scenario, options)).document,
    writeFile(path, text) {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text)
    },
    ...change,
  })
  const code = await runCli(wordsOf(line), io)
  return { code, ...io.printed, io }
}

export function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '')
}

export function writeFiles(cwd: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true })
    writeFileSync(join(cwd, name), text)
  }
}

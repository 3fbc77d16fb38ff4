/** The process as commands see it. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import process from 'node:process'
import type { CliIo, Simulate } from './io.ts'
import { openPlace } from './node-policy-place.ts'
import { runsHere, runsOnThreads } from './runs.ts'

export function processIo(simulate: Simulate): CliIo {
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    isOutTty: process.stdout.isTTY === true,
    isErrTty: process.stderr.isTTY === true,
    columns: process.stderr.columns ?? 100,
    env: process.env,
    cwd: process.cwd(),
    writeFile(path, text) {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, text)
    },
    onInterrupt(told) {
      // The first asks the run to end; a second does not wait for it.
      let isAsked = false
      const listener = (): void => {
        if (isAsked) process.exit(130)
        isAsked = true
        told()
      }
      process.on('SIGINT', listener)
      return { [Symbol.dispose]: () => void process.off('SIGINT', listener) }
    },
    simulate,
    openRuns: (workers) => (workers === 1 ? runsHere(simulate) : runsOnThreads(workers)),
    openPlace: (place) => openPlace(place, process.cwd(), process.env),
    wallNow: () => Date.now(),
  }
}

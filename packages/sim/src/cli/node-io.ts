/** The process as commands see it. */
import { spawn } from 'node:child_process'
import { appendFileSync, mkdirSync, watch, writeFileSync } from 'node:fs'
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
    appendFile: (path, text) => appendFileSync(path, text),
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
    watchFolders(folders, told) {
      // Editors write a file in several steps, each of which is told.
      let timer: NodeJS.Timeout | undefined
      const watchers = folders.map((folder) =>
        watch(folder, (_, file) => {
          if (file === null || !/\.(m?[jt]s|ya?ml|json)$/.test(file)) return
          clearTimeout(timer)
          timer = setTimeout(told, 50)
        }),
      )
      return {
        [Symbol.dispose]() {
          clearTimeout(timer)
          for (const watcher of watchers) watcher.close()
        },
      }
    },
    runAgain: (args, { env = {}, nodeArgs = [], isQuiet = false } = {}) =>
      new Promise((resolve, reject) => {
        const words = [...process.execArgv, ...nodeArgs, process.argv[1] ?? '', ...args]
        const stdio = isQuiet ? 'ignore' : 'inherit'
        const child = spawn(process.execPath, words, { stdio, env: { ...process.env, ...env } })
        child.on('error', reject)
        child.on('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 3)))
      }),
    simulate,
    openRuns: (workers) => (workers === 1 ? runsHere(simulate) : runsOnThreads(workers)),
    openPlace: (place) => openPlace(place, process.cwd(), process.env),
    wallNow: () => Date.now(),
  }
}

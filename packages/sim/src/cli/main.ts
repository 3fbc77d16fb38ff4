#!/usr/bin/env node
/** The program `seakeep`. It sets the exit code rather than exiting, so that what was printed gets out. */
import process from 'node:process'
import { runScenario } from '../running/run-scenario.ts'
import { runCli } from './commands.ts'
import { processIo } from './node-io.ts'
import { provideOwnPackages } from './own-packages.ts'

// A reader that stops early, as `head` does, is no failure, and hides none: what it does not read is dropped, and the
// exit code is still that of the runs.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}

provideOwnPackages()
const io = processIo(async (scenario, options) => (await runScenario(scenario, options)).document)
process.exitCode = await runCli(process.argv.slice(2), io)

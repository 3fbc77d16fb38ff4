#!/usr/bin/env node
/** The program `seakeep`. It sets the exit code rather than exiting, so that what was printed gets out. */
import process from 'node:process'
import { runScenario } from '../running/run-scenario.ts'
import { runCli } from './commands.ts'
import { processIo } from './node-io.ts'
import { provideOwnPackages } from './own-packages.ts'

// A reader that stops early, as `head` does, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

provideOwnPackages()
const io = processIo(async (scenario, options) => (await runScenario(scenario, options)).document)
process.exitCode = await runCli(process.argv.slice(2), io)

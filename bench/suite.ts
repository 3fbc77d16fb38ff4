// One suite in a process of its own, so that what a suite tells does not hang on which ran before it: the engine compiles
// a call site for all that ever went through it. Sends its rows to the process that started it.
import { SUITES } from './suites/index.ts'

const [name, rounds] = process.argv.slice(2)
const suite = SUITES.find((one) => one.name === name)
if (suite === undefined) throw new Error(`there is no suite '${name}'`)
const rows = await suite.run(Number(rounds))
process.send?.(rows, () => process.exit(0))

// `pnpm validation [oracles] [--quick] [--only ID] [--json FILE] [--page FILE]`: theory against ours, as a table.
// `pnpm validation registries [--only consul/restart] [--json FILE]`: real registries, broken; what a client sees of it.
// `pnpm validation registries --scale [--only etcd] [--json FILE]`: a thousand services on one real registry.
// `pnpm validation reality [--json FILE]`: a real fleet on loopback, and its simulated twin.
// Each exits with 1 when a row is bad. What the options mean stands with each.
import { parseArgs } from 'node:util'
import { validateOracles } from './oracles/command.ts'
import { validateReality } from './reality/command.ts'
import { validateRegistries } from './registries/command.ts'

const TABLES = { oracles: validateOracles, registries: validateRegistries, reality: validateReality }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'string' },
    page: { type: 'string' },
    only: { type: 'string', default: '' },
    quick: { type: 'boolean', default: false },
    scale: { type: 'boolean', default: false },
    spread: { type: 'string' },
  },
})
const [name = 'oracles', ...more] = positionals
if (!Object.hasOwn(TABLES, name) || more.length > 0) {
  const wrong = more.length > 0 ? `One table at a time, not '${positionals.join(' ')}'` : `There is no table '${name}'`
  console.error(`${wrong}; there is: ${Object.keys(TABLES).join(', ')}.`)
  process.exit(2)
}
process.exitCode = await TABLES[name as keyof typeof TABLES](values)

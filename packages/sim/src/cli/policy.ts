/** `seakeep policy <command>`: what is done with policy documents before, and while, they govern. */
import { didYouMean } from '@seakeep/core/spi'
import { UsageError } from './exit-code.ts'
import type { Command } from './io.ts'
import { policyCheckCommand } from './policy-check.ts'
import { policyDiffCommand } from './policy-diff.ts'
import { policyHistoryCommand } from './policy-history.ts'
import { policyPrintCommand } from './policy-print.ts'
import { policyPullCommand } from './policy-pull.ts'
import { policyPushCommand } from './policy-push.ts'
import { policyRollbackCommand } from './policy-rollback.ts'
import { policySchemaCommand } from './policy-schema.ts'

const COMMANDS: readonly Command[] = [
  policyCheckCommand,
  policyPrintCommand,
  policySchemaCommand,
  policyDiffCommand,
  policyPushCommand,
  policyPullCommand,
  policyHistoryCommand,
  policyRollbackCommand,
]

export const policyCommand: Command = {
  name: 'policy',
  about: 'check, print, compare and distribute policy documents',
  async run([name, ...args], io) {
    if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
      const asked = COMMANDS.find((command) => command.name === args[0])
      if (asked !== undefined) return await asked.run(['--help'], io)
      io.out(helpText())
      return name === undefined ? 2 : 0
    }
    const command = COMMANDS.find((one) => one.name === name)
    if (command !== undefined) return await command.run(args, io)
    const names = COMMANDS.map((one) => one.name)
    const hint = /\.(ya?ml|json)$/.test(name) ? `; did you mean seakeep policy check ${name}?` : didYouMean(name, names)
    throw new UsageError(`unknown command policy ${name}; one of ${names.join(', ')}${hint}`)
  },
}

function helpText(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length))
  return [
    'seakeep policy <command>: policy documents, in files and where services follow them',
    '',
    ...COMMANDS.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`),
    '',
    'A PLACE is a file, consul://host:port/key or etcd://host:port/key.',
    'Options of a command: seakeep policy check --help',
    '',
  ].join('\n')
}

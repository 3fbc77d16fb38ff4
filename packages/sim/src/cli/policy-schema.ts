/** `seakeep policy schema`: the JSON Schema of policy documents, for editors. */
import { policyDocumentSchema } from '@seakeep/core/spi'
import { describeOptions, type OptionTable, readArguments } from './arguments.ts'
import { UsageError } from './exit-code.ts'
import type { Command } from './io.ts'
import { asJson, writeTo } from './policy-text.ts'

const OPTIONS: OptionTable = {
  output: { short: 'o', value: 'FILE', about: 'where to write it (default: standard output)' },
  help: { short: 'h', about: 'show this help' },
}

export const policySchemaCommand: Command = {
  name: 'schema',
  about: 'the JSON Schema of policy documents, for editors',
  async run(args, io) {
    const given = readArguments(args, OPTIONS)
    if (given.isOn('help')) {
      io.out(`seakeep policy schema [options]\n\n${describeOptions(OPTIONS)}\n`)
      return 0
    }
    if (given.positionals.length > 0) throw new UsageError('policy schema takes no document; -o says where it goes')
    writeTo(given.value('output') ?? '-', asJson(policyDocumentSchema()), io)
    return 0
  },
}

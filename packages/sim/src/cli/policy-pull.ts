/** `seakeep policy pull --from PLACE`: the document as it was written, comments and all. */
import { ConfigError } from '@seakeep/core'
import { parsePolicyText } from '@seakeep/core/spi'
import { describeOptions, type OptionTable, readArguments } from './arguments.ts'
import { describeError, UsageError } from './exit-code.ts'
import type { Command } from './io.ts'
import { printedPlace, withStore } from './policy-place.ts'
import { writeTo } from './policy-text.ts'

const OPTIONS: OptionTable = {
  from: { value: 'PLACE', about: 'a file, consul://host:port/key or etcd://host:port/key' },
  output: { short: 'o', value: 'FILE', about: 'where to write it (default: standard output)' },
  help: { short: 'h', about: 'show this help' },
}

export const policyPullCommand: Command = {
  name: 'pull',
  about: 'get the document that services follow',
  async run(args, io) {
    const given = readArguments(args, OPTIONS)
    if (given.isOn('help')) {
      io.out(`seakeep policy pull --from PLACE [options]\n\n${describeOptions(OPTIONS)}\n`)
      return 0
    }
    const place = given.value('from')
    if (place === undefined || given.positionals.length > 0) {
      throw new UsageError('pull takes a place, as --from consul://127.0.0.1:8500/seakeep/policies')
    }
    const stored = await withStore(place, io, (store) => store.read())
    if (stored === undefined) throw new ConfigError('', `nothing is stored at ${printedPlace(place)}`)
    const output = given.value('output') ?? '-'
    writeTo(output, stored.text, io)
    try {
      const { hash } = parsePolicyText(stored.text, output === '-' ? printedPlace(place) : output)
      if (output !== '-') io.out(`${hash}  revision ${stored.revision}, written to ${output}\n`)
    } catch (error) {
      io.err(describeError(error).replace(/^seakeep: /, '! not valid: '))
    }
    return 0
  },
}

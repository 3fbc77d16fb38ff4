/** `seakeep policy diff <old> <new>`: what a change of documents changes for calls, target by target, field by field. */
import { ConfigError } from '@seakeep/core'
import { diffPolicies, type PolicyChange, type PolicyDocument, parsePolicyText } from '@seakeep/core/spi'
import { describeOptions, type OptionTable, readArguments } from './arguments.ts'
import { UsageError } from './exit-code.ts'
import type { CliIo, Command } from './io.ts'
import { isUrl, withStore } from './policy-place.ts'
import { asJson, changeLines, paintOf, readDocument, writeTo } from './policy-text.ts'

const OPTIONS: OptionTable = {
  json: { value: 'FILE', about: 'write the changes to FILE; - is standard output' },
  help: { short: 'h', about: 'show this help' },
}

export const policyDiffCommand: Command = {
  name: 'diff',
  about: 'what changes for calls from one document to another',
  async run(args, io) {
    const given = readArguments(args, OPTIONS)
    if (given.isOn('help')) {
      io.out(`seakeep policy diff <old> <new> [options]\n\nEither is a PLACE.\n\n${describeOptions(OPTIONS)}\n`)
      return 0
    }
    const [old, next, ...more] = given.positionals
    if (old === undefined || next === undefined || more.length > 0) {
      throw new UsageError('policy diff takes two documents, as seakeep policy diff old.yaml new.yaml')
    }
    const [before, after] = [await documentAt(old, io), await documentAt(next, io)]
    const changes = diffPolicies(before, after)
    const json = given.value('json')
    if (json !== '-') io.out(textOf(changes, before, after, io))
    if (json !== undefined) writeTo(json, asJson(asData(changes, before, after)), io)
    return changes.length === 0 ? 0 : 1
  },
}

async function documentAt(place: string, io: CliIo): Promise<PolicyDocument> {
  if (!isUrl(place)) return readDocument(place, io).document
  const stored = await withStore(place, io, (store) => store.read())
  if (stored === undefined) throw new ConfigError('', `nothing is stored at ${place}`)
  return parsePolicyText(stored.text, place)
}

function textOf(changes: readonly PolicyChange[], before: PolicyDocument, after: PolicyDocument, io: CliIo): string {
  if (changes.length > 0) return changeLines(changes, paintOf(io))
  return before.hash === after.hash ? 'equal\n' : 'equal for every call; what differs governs nothing\n'
}

function asData(changes: readonly PolicyChange[], before: PolicyDocument, after: PolicyDocument): unknown {
  const fields = (change: PolicyChange) => change.fields.map(({ path, from = null, to = null }) => ({ path, from, to }))
  return {
    schema: 'seakeep.policy-diff/1',
    old: before.hash,
    new: after.hash,
    changes: changes.map((change) => ({ ...change, fields: fields(change) })),
  }
}

/**
 * `seakeep policy rollback --at PLACE`: an earlier document becomes the present one, as a push of its own: the history
 * only grows. Without `--to` the one before the present one, so that a second rollback takes the first one back.
 */
import { ConfigError } from '@seakeep/core'
import { diffPolicies, type PolicyStore, type PushedPolicies, parsePolicyText } from '@seakeep/core/spi'
import { type Arguments, describeOptions, type OptionTable, readArguments } from './arguments.ts'
import { UsageError } from './exit-code.ts'
import type { CliIo, Command } from './io.ts'
import { hashOf } from './policy-history.ts'
import { printedPlace, withStore } from './policy-place.ts'
import { authorOf, pushTo } from './policy-store-write.ts'
import { changeLines, paintOf } from './policy-text.ts'

const OPTIONS: OptionTable = {
  at: { value: 'PLACE', about: 'a file, consul://host:port/key or etcd://host:port/key' },
  to: { value: 'HASH', about: 'which one, by the beginning of its hash (default: the one before the present one)' },
  message: { short: 'm', value: 'TEXT', about: 'why, for the history (default: rollback to HASH)' },
  help: { short: 'h', about: 'show this help' },
}

/** How far back it looks. */
const MOST_PUSHES = 10_000

export const policyRollbackCommand: Command = {
  name: 'rollback',
  about: 'push an earlier document again',
  async run(args, io) {
    const given = readArguments(args, OPTIONS)
    if (given.isOn('help')) {
      io.out(`seakeep policy rollback --at PLACE [options]\n\n${describeOptions(OPTIONS)}\n`)
      return 0
    }
    const place = given.value('at')
    if (place === undefined || given.positionals.length > 0) {
      throw new UsageError('rollback takes a place, as --at consul://127.0.0.1:8500/seakeep/policies')
    }
    return await withStore(place, io, (store) => rollback(store, place, given, io))
  },
}

async function rollback(store: PolicyStore, place: string, given: Arguments, io: CliIo): Promise<number> {
  const there = await store.read()
  const present = there === undefined ? undefined : hashOf(there.text)
  const chosen = chosenOf(await store.history(MOST_PUSHES), present, given.value('to'), printedPlace(place))
  if (chosen.hash === present) {
    io.out(`${chosen.hash}  is there already\n`)
    return 0
  }
  // What an earlier version took may be refused by this one, and then it is not pushed.
  const document = parsePolicyText(chosen.text, `${printedPlace(place)} ${chosen.hash}`)
  const before = there === undefined || present === undefined ? undefined : parsePolicyText(there.text, '')
  io.out(changeLines(diffPolicies(before, document), paintOf(io)))
  const message = given.value('message') ?? `rollback to ${chosen.hash}`
  const entry = { hash: document.hash, text: chosen.text, atMs: io.wallNow(), ...authorOf(io), message }
  const { written } = await pushTo(store, entry, there, { place, isForced: false, io })
  if (written === undefined) return 1
  const instead = present === undefined ? '' : `, in place of ${present}`
  io.out(`${document.hash}  is back at ${printedPlace(place)}${instead}  revision ${written.revision}\n`)
  return 0
}

function chosenOf(
  pushes: readonly PushedPolicies[],
  present: string | undefined,
  prefix: string | undefined,
  place: string,
): PushedPolicies {
  if (prefix === undefined) {
    const at = pushes.findIndex(({ hash }) => hash === present)
    const before = pushes.slice(at + 1).find(({ hash }) => hash !== present)
    if (before === undefined) throw new ConfigError('', `nothing was pushed to ${place} before what is there now`)
    return before
  }
  const found = pushes.filter(({ hash }) => hash.startsWith(prefix))
  const hashes = new Set(found.map(({ hash }) => hash))
  const [newest] = found
  if (newest === undefined) throw new UsageError(`--to: nothing with hash ${prefix} was pushed to ${place}`)
  if (hashes.size > 1) throw new UsageError(`--to: ${prefix} begins several hashes: ${[...hashes].join(', ')}`)
  return newest
}

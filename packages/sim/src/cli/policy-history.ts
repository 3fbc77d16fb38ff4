/** `seakeep policy history --at PLACE`: who pushed what, the newest first. */
import { integer, type PushedPolicies, parsePolicyText, rootPlace } from '@seakeep/core/spi'
import { describeOptions, type OptionTable, readArguments } from './arguments.ts'
import { UsageError } from './exit-code.ts'
import type { Command } from './io.ts'
import { instantOf, printedPlace, pushLine, withStore } from './policy-place.ts'
import { asJson, writeTo } from './policy-text.ts'

const OPTIONS: OptionTable = {
  at: { value: 'PLACE', about: 'a file, consul://host:port/key or etcd://host:port/key' },
  limit: { value: 'N', about: 'how many (default 20)' },
  json: { value: 'FILE', about: 'write them to FILE; - is standard output' },
  help: { short: 'h', about: 'show this help' },
}

const LIMIT = integer({ default: 20, min: 1, max: 10_000 })

export const policyHistoryCommand: Command = {
  name: 'history',
  about: 'who pushed what, the newest first',
  async run(args, io) {
    const given = readArguments(args, OPTIONS)
    if (given.isOn('help')) {
      io.out(`seakeep policy history --at PLACE [options]\n\n${describeOptions(OPTIONS)}\n`)
      return 0
    }
    const place = given.value('at')
    if (place === undefined || given.positionals.length > 0) {
      throw new UsageError('history takes a place, as --at consul://127.0.0.1:8500/seakeep/policies')
    }
    const text = given.value('limit')
    const limit = LIMIT.resolve(text === undefined ? undefined : Number(text), rootPlace('--limit'))
    const [there, pushes] = await withStore(place, io, async (store) => [
      await store.read(),
      await store.history(limit),
    ])
    const present = there === undefined ? undefined : hashOf(there.text)
    const json = given.value('json')
    if (json !== '-') {
      io.out(pushes.length === 0 ? `nothing was pushed to ${printedPlace(place)}\n` : linesOf(pushes, present))
    }
    if (json !== undefined) writeTo(json, asJson(dataOf(pushes, present)), io)
    return 0
  },
}

/** Undefined for a text that is no valid document. */
export function hashOf(text: string): string | undefined {
  try {
    return parsePolicyText(text, '').hash
  } catch {
    return undefined
  }
}

function linesOf(pushes: readonly PushedPolicies[], present: string | undefined): string {
  const at = pushes.findIndex(({ hash }) => hash === present)
  return pushes.map((push, i) => `${i === at ? '*' : ' '} ${pushLine(push)}\n`).join('')
}

function dataOf(pushes: readonly PushedPolicies[], present: string | undefined): unknown {
  return {
    schema: 'seakeep.policy-history/1',
    present: present ?? null,
    pushes: pushes.map(({ hash, atMs, author = null, message = null }) => ({
      hash,
      at: instantOf(atMs),
      author,
      message,
    })),
  }
}

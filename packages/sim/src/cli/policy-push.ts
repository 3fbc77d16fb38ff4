/**
 * `seakeep policy push <file> --to PLACE`: what is invalid is never pushed; what changes is shown; and nobody's push is
 * overwritten unseen.
 */
import {
  diffPolicies,
  lintPolicies,
  type PolicyDocument,
  type PolicyStore,
  type PolicyText,
  parsePolicyText,
} from '@seakeep/core/spi'
import { type Arguments, describeOptions, type OptionTable, readArguments } from './arguments.ts'
import { describeError, UsageError } from './exit-code.ts'
import type { CliIo, Command } from './io.ts'
import { findingLines } from './policy-findings.ts'
import { printedPlace, withStore } from './policy-place.ts'
import { authorOf, fasterLine, pushTo } from './policy-store-write.ts'
import { changeLines, onlyFile, paintOf, type ReadDocument, readDocument } from './policy-text.ts'

const OPTIONS: OptionTable = {
  to: { value: 'PLACE', about: 'a file, consul://host:port/key or etcd://host:port/key' },
  message: { short: 'm', value: 'TEXT', about: 'why, for the history' },
  expect: {
    value: 'HASH',
    about: 'only where the document there has this hash (or its beginning), or none is there: none',
  },
  strict: { about: 'do not push what has warnings' },
  force: { about: 'push whatever is there, also where somebody was faster' },
  help: { short: 'h', about: 'show this help' },
}

export const policyPushCommand: Command = {
  name: 'push',
  about: 'put a document where services follow it',
  async run(args, io) {
    const given = readArguments(args, OPTIONS)
    if (given.isOn('help')) {
      io.out(`seakeep policy push <file> --to PLACE [options]\n\n${describeOptions(OPTIONS)}\n`)
      return 0
    }
    const read = readDocument(onlyFile('push', given.positionals), io)
    const place = given.value('to')
    if (place === undefined)
      throw new UsageError('push needs a place, as --to consul://127.0.0.1:8500/seakeep/policies')
    const findings = lintPolicies(read.document).filter(({ level }) => level === 'warning')
    io.err(findingLines(findings, read.name, paintOf(io, false)))
    if (given.isOn('strict') && findings.length > 0) {
      io.err(`seakeep: nothing was pushed: --strict, and ${read.name} has warnings\n`)
      return 1
    }
    return await withStore(place, io, (store) => push(store, place, read, given, io))
  },
}

async function push(
  store: PolicyStore,
  place: string,
  read: ReadDocument,
  given: Arguments,
  io: CliIo,
): Promise<number> {
  const { document, text } = read
  const there = await store.read()
  const before = documentOf(there, place, io)
  const isForced = given.isOn('force')
  if (!isForced && !isExpected(given.value('expect'), before, there)) {
    const found = before?.hash ?? (there === undefined ? 'nothing' : 'no valid document')
    io.err(`seakeep: nothing was pushed: ${given.value('expect')} was expected, and there is ${found}\n`)
    io.err(await fasterLine(store))
    return 1
  }
  if (there?.text === text) {
    io.out(`${document.hash}  is there already\n`)
    return 0
  }
  io.out(changeLines(diffPolicies(before, document), paintOf(io)))
  const message = given.value('message')
  const entry = {
    hash: document.hash,
    text,
    atMs: io.wallNow(),
    ...authorOf(io),
    ...(message === undefined ? {} : { message }),
  }
  const { written } = await pushTo(store, entry, there, { place, isForced, io })
  if (written === undefined) return 1
  const instead = before === undefined ? '' : `, in place of ${before.hash}`
  io.out(`${document.hash}  pushed to ${printedPlace(place)}${instead}  revision ${written.revision}\n`)
  return 0
}

/** What is there and cannot be read is no reason not to push what can; but it is said. */
function documentOf(there: PolicyText | undefined, place: string, io: CliIo): PolicyDocument | undefined {
  if (there === undefined) return undefined
  try {
    return parsePolicyText(there.text, printedPlace(place))
  } catch (error) {
    io.err(describeError(error).replace(/^seakeep: /, '! what is there now: '))
    return undefined
  }
}

function isExpected(
  expect: string | undefined,
  before: PolicyDocument | undefined,
  there: PolicyText | undefined,
): boolean {
  if (expect === undefined) return true
  return expect === 'none' ? there === undefined : before?.hash.startsWith(expect) === true
}

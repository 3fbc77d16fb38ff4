/** `seakeep policy print <file> --from a --to b[/method]`: what governs a call, and which line says so. */
import {
  type EffectiveField,
  effectiveInbound,
  effectivePolicy,
  isName,
  type KindOfCall,
  type PolicyDocument,
} from '@seakeep/core/spi'
import type { Paint } from '../reporting/paint.ts'
import { describeOptions, type OptionTable, readArguments } from './arguments.ts'
import { UsageError } from './exit-code.ts'
import type { Command } from './io.ts'
import { asJson, onlyFile, paintOf, readDocument, writeTo } from './policy-text.ts'

const OPTIONS: OptionTable = {
  from: { value: 'SERVICE', about: 'who calls (default: anybody no target names)' },
  to: { value: 'SERVICE[/METHOD]', about: 'what is called, as payments or "payments/POST /charges"' },
  json: { value: 'FILE', about: 'write it as JSON to FILE; - is standard output' },
  help: { short: 'h', about: 'show this help' },
}

export const policyPrintCommand: Command = {
  name: 'print',
  about: 'what governs a call, each field with the line that says so',
  async run(args, io) {
    const given = readArguments(args, OPTIONS)
    if (given.isOn('help')) {
      io.out(`seakeep policy print <file> --to b [options]\n\n${describeOptions(OPTIONS)}\n`)
      return 0
    }
    const file = onlyFile('print', given.positionals)
    const to = given.value('to')
    if (to === undefined) throw new UsageError('print needs what is called, as --to payments')
    const call = readCall(given.value('from') ?? '', to)
    const { document } = readDocument(file, io)
    const json = given.value('json')
    if (json !== '-') io.out(textOf(document, call, paintOf(io)))
    if (json !== undefined) writeTo(json, asJson(dataOf(document, call)), io)
    return 0
  },
}

function readCall(from: string, target: string): KindOfCall {
  const slash = target.indexOf('/')
  const to = slash === -1 ? target : target.slice(0, slash)
  if (from !== '' && !isName(from)) throw new UsageError(`--from: ${from} is no service's name`)
  if (!isName(to)) throw new UsageError(`--to: ${to} is no service's name; --from says who calls`)
  return { from, to, method: slash === -1 ? undefined : target.slice(slash + 1) }
}

function textOf(document: PolicyDocument, call: KindOfCall, paint: Paint): string {
  const targets = targetsOf(document, call)
  const by = targets.length === 0 ? 'no target speaks of it' : `by ${targets.join(' < ')}`
  const inbound = effectiveInbound(document, call.to)
  return [
    `${paint('strong', nameOf(call))}  ${by}\n`,
    table(effectivePolicy(document, call), paint),
    ...(inbound.length === 0
      ? []
      : [`${paint('strong', `inbound ${call.to}`)}  what its instances admit\n`, table(inbound, paint)]),
  ].join('')
}

function table(fields: readonly EffectiveField[], paint: Paint): string {
  const [paths, texts] = [fields.map(({ path }) => path.length), fields.map(({ text }) => text.length)]
  const [pathWidth, textWidth] = [Math.max(...paths), Math.min(24, Math.max(...texts))]
  const rows = fields.map(({ path, text, place }) => {
    const where = place === undefined ? paint('dim', 'default') : (place.position ?? place.path)
    return `  ${path.padEnd(pathWidth)}  ${text.padEnd(textWidth)}  ${where}\n`
  })
  return rows.join('')
}

function dataOf(document: PolicyDocument, call: KindOfCall): unknown {
  const { from, to, method = null } = call
  const rows = (fields: readonly EffectiveField[]) =>
    fields.map(({ path, text, place }) => ({
      path,
      value: text,
      written: place === undefined ? null : (place.position ?? place.path),
    }))
  return {
    schema: 'seakeep.policy-print/1',
    hash: document.hash,
    call: { from: from === '' ? null : from, to, method },
    targets: targetsOf(document, call),
    policy: rows(effectivePolicy(document, call)),
    inbound: rows(effectiveInbound(document, to)),
  }
}

function targetsOf(document: PolicyDocument, { from, to, method }: KindOfCall): readonly string[] {
  return document.written.selection.matching(from, to, method).map(({ key }) => key.text)
}

function nameOf({ from, to, method }: KindOfCall): string {
  return `${from === '' ? '' : `${from}>`}${to}${method === undefined ? '' : `/${method}`}`
}

/**
 * Options of a command, read strictly: a misspelt one is an error with the word that was probably meant, and one that a
 * later version has is refused as such. node:util does the splitting; the words of the errors are ours.
 */
import { parseArgs } from 'node:util'
import { didYouMean } from '@seakeep/core/spi'
import { UsageError } from './exit-code.ts'

export interface OptionRules {
  readonly about: string
  /** What its value is called; absent for a switch. */
  readonly value?: string
  readonly short?: string
}
export type OptionTable = Readonly<Record<string, OptionRules>>

export interface Arguments {
  readonly positionals: readonly string[]
  isOn(option: string): boolean
  /** The last value given; undefined where the option was not. */
  value(option: string): string | undefined
  /** All values given, in order. */
  values(option: string): readonly string[]
}

export function readArguments(args: readonly string[], table: OptionTable, notYet: readonly string[] = []): Arguments {
  const options = Object.fromEntries(
    Object.entries(table).map(([name, { value, short }]) => {
      const type = value === undefined ? ('boolean' as const) : ('string' as const)
      return [name, { type, multiple: true, ...(short === undefined ? {} : { short }) }]
    }),
  )
  const { tokens, positionals } = parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const given = new Map<string, string[]>()
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const rules = Object.hasOwn(table, token.name) ? table[token.name] : undefined
    if (rules === undefined) throw unknownOption(token.rawName, token.name, table, notYet)
    given.set(token.name, [...(given.get(token.name) ?? []), argumentOf(token, rules)])
  }
  return {
    positionals,
    isOn: (option) => given.has(option),
    value: (option) => given.get(option)?.at(-1),
    values: (option) => given.get(option) ?? [],
  }
}

function argumentOf(
  {
    rawName,
    value,
    inlineValue,
  }: { readonly rawName: string; readonly value?: string | undefined; readonly inlineValue?: boolean | undefined },
  rules: OptionRules,
): string {
  if (rules.value === undefined) {
    if (inlineValue === true) throw new UsageError(`${rawName} takes no value`)
    return ''
  }
  // `--seed --json` has lost its seed; a value that does begin with a dash is written --seed=-1. A dash alone is a file.
  const isOption = inlineValue !== true && value !== '-' && value?.startsWith('-') === true
  const isMissing = value === undefined || value === '' || isOption
  if (isMissing) throw new UsageError(`${rawName} needs a value: ${rawName} ${rules.value}`)
  return value
}

function unknownOption(rawName: string, name: string, table: OptionTable, notYet: readonly string[]): UsageError {
  if (notYet.includes(name)) return new UsageError(`${rawName} is not available yet in this version`)
  const names = Object.keys(table).map((known) => `--${known}`)
  return new UsageError(`unknown option ${rawName}${didYouMean(rawName, names)}`)
}

/** The options as a help text lists them. */
export function describeOptions(table: OptionTable): string {
  const rows = Object.entries(table).map(([name, { value, short, about }]) => {
    const shortly = short === undefined ? '' : `-${short}, `
    return [`${shortly}--${name}${value === undefined ? '' : ` ${value}`}`, about] as const
  })
  const width = Math.max(...rows.map(([option]) => option.length))
  return rows.map(([option, about]) => `  ${option.padEnd(width)}  ${about}`).join('\n')
}

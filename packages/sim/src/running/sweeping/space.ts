/**
 * What a sweep varies: fields of the scenario, each with the values it is tried with. A range without a step is walked by
 * ones where both ends are whole and near, else in five steps of equal ratio.
 */
import { ConfigError } from '@seakeep/core'
import { durationText, millisecondsOf, mix, objectOf, uniform } from '@seakeep/core/spi'
import { parse } from 'yaml'
import { parseSetting, type Setting } from '../../scenario/set-path.ts'

export interface Axis {
  /** As written: `policies.targets.payments.retry.maxAttempts`. */
  readonly path: string
  readonly settings: readonly Setting[]
}

/** One setting of each axis. */
export type Point = readonly Setting[]

const SHAPE = 'written as path=1..4, path=100ms..2s, path=1..9:2 or path=a,b,c'
const MOST_VALUES = 1000
const WHOLE_STEPS = 20
const EQUAL_STEPS = 5

/** Reads what stands behind `--vary`. `policies`: the document of the scenario, for paths that leave its section out. */
export function parseAxis(text: string, policies: unknown): Axis {
  const equals = text.indexOf('=')
  if (equals <= 0) throw new ConfigError('--vary', `${text} varies nothing; ${SHAPE}`)
  const path = fullPath(text.slice(0, equals), policies)
  const values = valuesOf(text.slice(equals + 1), text)
  if (values.length < 2) throw new ConfigError('--vary', `${text} has one value only; set it with --set`)
  if (values.length > MOST_VALUES)
    throw new ConfigError('--vary', `${text} has ${values.length} values; at most ${MOST_VALUES}`)
  return { path, settings: values.map((value) => parseSetting(`${path}=${value}`)) }
}

/** Sections a policy document has; `policies.payments.…` means the named policy, else the target of that name. */
const SECTIONS = ['version', 'policies', 'targets', 'inbound']

function fullPath(path: string, policies: unknown): string {
  const [, name] = /^policies\.([^.\\]+)\./.exec(path) ?? []
  if (name === undefined || SECTIONS.includes(name)) return path
  const named = objectOf(objectOf(policies)?.policies)
  const section = named !== undefined && Object.hasOwn(named, name) ? 'policies' : 'targets'
  return `policies.${section}.${path.slice('policies.'.length)}`
}

function valuesOf(spec: string, text: string): readonly string[] {
  const range = /^(.+?)\.\.(.+?)(?::(.+))?$/.exec(spec)
  if (range === null) return spec.split(',').map((value) => checked(value.trim(), text))
  const [from, until, step] = range.slice(1).map((one) => (one === undefined ? undefined : amountOf(one, text)))
  if (from === undefined || until === undefined) throw new ConfigError('--vary', `${text}: ${SHAPE}`)
  if (until.value <= from.value) throw new ConfigError('--vary', `${text}: the range ends before it begins`)
  const isTime = from.isTime || until.isTime
  const write = (value: number): string => (isTime ? durationText(value) : String(value))
  return walk(from.value, until.value, step?.value, text).map(write)
}

function walk(from: number, until: number, step: number | undefined, text: string): readonly number[] {
  const isWhole = Number.isInteger(from) && Number.isInteger(until) && until - from <= WHOLE_STEPS
  const by = step ?? (isWhole ? 1 : undefined)
  if (by !== undefined) {
    if (!(by > 0) || (until - from) / by > MOST_VALUES) throw new ConfigError('--vary', `${text}: no step that ends`)
    const steps = Math.floor((until - from) / by + 1e-9)
    return Array.from({ length: steps + 1 }, (_, i) => Number((from + i * by).toPrecision(12)))
  }
  const isGeometric = from > 0
  const at = (i: number): number =>
    isGeometric ? from * (until / from) ** (i / (EQUAL_STEPS - 1)) : from + ((until - from) * i) / (EQUAL_STEPS - 1)
  return [...new Set(Array.from({ length: EQUAL_STEPS }, (_, i) => Number(at(i).toPrecision(2))))]
}

function amountOf(word: string, text: string): { readonly value: number; readonly isTime: boolean } {
  if (/^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(word)) return { value: Number(word), isTime: false }
  const share = /^(\d+(?:\.\d+)?)%$/.exec(word)
  if (share !== null) return { value: Number(share[1]) / 100, isTime: false }
  const ms = millisecondsOf(word)
  if (ms === undefined) throw new ConfigError('--vary', `${text}: ${word} is no number and no duration; ${SHAPE}`)
  return { value: ms, isTime: true }
}

function checked(value: string, text: string): string {
  try {
    parse(value)
  } catch {
    throw new ConfigError('--vary', `${text}: ${value} is no YAML`)
  }
  return value
}

/** Every combination, the last axis fastest. */
export function grid(axes: readonly Axis[]): readonly Point[] {
  return axes.reduce<readonly Point[]>(
    (points, { settings }) => points.flatMap((point) => settings.map((setting) => [...point, setting])),
    [[]],
  )
}

/** `count` different combinations, drawn with `seed`; all of them where there are no more. */
export function drawn(axes: readonly Axis[], count: number, seed: number): readonly Point[] {
  const all = axes.reduce((product, { settings }) => product * settings.length, 1)
  if (all <= count) return grid(axes)
  const points = new Map<string, Point>()
  for (let i = 0; points.size < count; i++) {
    const point = axes.map(({ settings }, axis) => {
      const at = Math.floor(uniform(mix(seed, i), axis) * settings.length)
      return settings[at] as Setting
    })
    points.set(point.map(({ text }) => text).join(' '), point)
  }
  return [...points.values()]
}

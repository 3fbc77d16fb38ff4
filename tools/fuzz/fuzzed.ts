// Whatever comes in is a value or an error of a kind we know; nothing else happens. A short run of each decoder is part of
// the tests; `pnpm fuzz [decoder]` gives each a minute, or FUZZ_SECONDS.
import { env } from 'node:process'
import fc from 'fast-check'
import { it } from 'vitest'

const SECONDS = Number(env.FUZZ_SECONDS ?? 0)
const SHORT_SECONDS = 0.5
const SHORT_RUNS = 2000

/** Tries one decoder for as long as this run is to last. What failed is shrunk, and printed with its seed. */
export function fuzzed<Input extends [unknown, ...unknown[]]>(
  decoder: string,
  inputs: { readonly [At in keyof Input]: fc.Arbitrary<Input[At]> },
  run: (...input: Input) => void,
): void {
  const isLong = SECONDS > 0
  const lastsMs = (isLong ? SECONDS : SHORT_SECONDS) * 1000
  const property = fc.property(fc.tuple(...inputs) as unknown as fc.Arbitrary<Input>, (input) => run(...input))
  it(`fuzz: ${decoder}`, { timeout: lastsMs + 60_000 }, () => {
    const report = fc.check(property, {
      numRuns: isLong ? 1e9 : SHORT_RUNS,
      interruptAfterTimeLimit: lastsMs,
      markInterruptAsFailure: false,
    })
    if (isLong) console.log(`${decoder}: ${report.numRuns} inputs`)
    if (report.failed) throw new Error(String(fc.defaultReportMessage(report)), { cause: report.errorInstance })
  })
}

/** The same of a decoder that answers later, as a server does. */
export function fuzzedLater<Input>(
  decoder: string,
  input: fc.Arbitrary<Input>,
  run: (input: Input) => Promise<void>,
): void {
  const isLong = SECONDS > 0
  const lastsMs = (isLong ? SECONDS : SHORT_SECONDS) * 1000
  it(`fuzz: ${decoder}`, { timeout: lastsMs + 60_000 }, async () => {
    const limits = { numRuns: isLong ? 1e9 : 200, interruptAfterTimeLimit: lastsMs, markInterruptAsFailure: false }
    const report = await fc.check(fc.asyncProperty(input, run), limits)
    if (isLong) console.log(`${decoder}: ${report.numRuns} inputs`)
    if (report.failed) throw new Error(String(fc.defaultReportMessage(report)), { cause: report.errorInstance })
  })
}

/** What is spoilt is good to begin with, or nothing but the first check would ever be reached. */
export function startsGood(decoder: string, decode: () => unknown): void {
  it(`fuzz: ${decoder}, unspoilt`, () => void decode())
}

/** What is thrown for bad input is of the kind that says so. */
export function refusesBy(decode: () => unknown, isKnown: (error: unknown) => boolean): void {
  try {
    decode()
  } catch (error) {
    if (!isKnown(error)) throw error
  }
}

/** Random bytes rarely are nearly right: good messages with some bytes changed, cut short, or with rubbish after them. */
export function nearly(good: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 })
  const spoilt = fc
    .tuple(good, changes, fc.option(fc.nat()), fc.uint8Array({ maxLength: 4 }))
    .map(([message, changed, cut, rest]) => {
      const bytes = Uint8Array.from([...message, ...rest])
      for (const [at, byte] of changed) if (bytes.length > 0) bytes[at % bytes.length] = byte
      return cut === null ? bytes : bytes.subarray(0, cut % (bytes.length + 1))
    })
  return fc.oneof(fc.uint8Array({ maxLength: 200 }), good, spoilt)
}

/** The same of texts. */
export function nearlyText(good: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const changes = fc.array(fc.tuple(fc.nat(), fc.oneof(fc.string({ maxLength: 3 }), fc.string({ unit: 'binary' }))), {
    maxLength: 4,
  })
  const spoilt = fc.tuple(good, changes).map(([text, changed]) => {
    let one = text
    for (const [at, piece] of changed) {
      const place = at % (one.length + 1)
      one = one.slice(0, place) + piece + one.slice(place + piece.length)
    }
    return one
  })
  return fc.oneof(fc.string(), good, spoilt)
}

const OUTLIERS: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, '', '0', -1, 0, 1e308, 1.5, 2 ** 53, '1s', '-1s', '50%', '__proto__', [], {}),
  fc.jsonValue(),
)

/** Good data with some of its values, at any depth, replaced, left out, or put under another name. */
export function nearlyData(good: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const change = fc.tuple(fc.array(fc.nat(), { maxLength: 6 }), fc.oneof(OUTLIERS, fc.constant(undefined)))
  const spoilt = fc.tuple(good, fc.array(change, { minLength: 1, maxLength: 3 })).map(([data, changes]) => {
    let whole = structuredClone(data)
    for (const [path, value] of changes) whole = replaced(whole, path, structuredClone(value))
    return whole
  })
  return fc.oneof({ arbitrary: spoilt, weight: 4 }, { arbitrary: good, weight: 1 }, { arbitrary: OUTLIERS, weight: 1 })
}

function replaced(data: unknown, [step, ...rest]: readonly number[], value: unknown): unknown {
  if (step === undefined || typeof data !== 'object' || data === null) return value
  const keys = Object.keys(data)
  const key = keys[step % (keys.length + 1)] ?? 'other'
  const fields = data as Record<string, unknown>
  const next = replaced(fields[key], rest, value)
  if (next === undefined && !Array.isArray(data)) delete fields[key]
  else fields[key] = next
  return data
}

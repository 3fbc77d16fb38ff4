import { describe, expect, expectTypeOf, it } from 'vitest'
import { listOf, mapOf } from './collections.ts'
import { optional } from './field.ts'
import { fragment, layer, orFalse } from './layer.ts'
import { rootPlace } from './place.ts'
import { duration, integer, number, ratio } from './quantities.ts'
import { extended, record } from './record.ts'
import { byKey, byKind } from './shapes.ts'
import { name, oneOf, text } from './words.ts'

const at = rootPlace('x')

const BACKOFF = record(
  { initial: duration({ default: '50ms' }), max: duration({ default: '2s' }) },
  { notBelow: { max: 'initial' } },
)
const RETRY = record(
  { attempts: integer({ default: 3, min: 1 }), timeout: optional(duration()), backoff: BACKOFF },
  { notYet: ['hedge'] },
)
const LIMIT = record({ limit: integer({ min: 1 }), queue: integer({ default: 0 }) })

describe('record', () => {
  it('fills in defaults under names that end in their unit', () => {
    const resolved = RETRY.resolve({ timeout: '1s' }, at)
    expect(resolved).toEqual({ attempts: 3, timeoutMs: 1000, backoff: { initialMs: 50, maxMs: 2000 } })
    expectTypeOf(resolved).toEqualTypeOf<{
      readonly attempts: number
      readonly timeoutMs: number | undefined
      readonly backoff: { readonly initialMs: number; readonly maxMs: number }
    }>()
    expect(Object.keys(RETRY.resolve(undefined, at))).toEqual(['attempts', 'timeoutMs', 'backoff'])
  })

  it('takes undefined for the default and zero for zero', () => {
    const backoff = { initial: 0, max: undefined }
    expect(RETRY.resolve({ attempts: undefined, backoff }, at)).toMatchObject({
      attempts: 3,
      backoff: { initialMs: 0, maxMs: 2000 },
    })
  })

  it('freezes what it makes and writes nothing to what it is given', () => {
    const input = Object.freeze({ backoff: Object.freeze({ initial: '1s' }) })
    const resolved = RETRY.resolve(input, at)
    expect(Object.isFrozen(resolved) && Object.isFrozen(resolved.backoff)).toBe(true)
    expect(input).toEqual({ backoff: { initial: '1s' } })
  })

  it.each<[unknown, string]>([
    [{ atempts: 1 }, 'x.atempts: unknown key; allowed: attempts, timeout, backoff; did you mean attempts?'],
    [{ zzz: undefined }, 'x.zzz: unknown key; allowed: attempts, timeout, backoff'],
    [{ hedge: {} }, 'x.hedge: not available yet in this version; allowed: attempts, timeout, backoff'],
    [{ toString: 1 }, 'x.toString: unknown key; allowed: attempts, timeout, backoff'],
    [JSON.parse('{"__proto__": {}}'), 'x.__proto__: unknown key; allowed: attempts, timeout, backoff'],
    [{ backoff: null }, 'x.backoff: null (nothing is written here) is not allowed; an object'],
    [
      { backoff: { initial: 'x' } },
      'x.backoff.initial: "x" is not allowed; a duration (250ms, 2s, 5m; a number is milliseconds)',
    ],
    [[], 'x: a list is not allowed; an object'],
    [new Map(), 'x: an object is not allowed; an object'],
    ['retry', 'x: "retry" is not allowed; an object'],
    [null, 'x: null (nothing is written here) is not allowed; an object'],
  ])('%#: names the field that is wrong', (input, message) => {
    expect(() => RETRY.resolve(input, at)).toThrow(expect.objectContaining({ message }))
    expect(() => RETRY.normalize(input, at)).toThrow(expect.objectContaining({ message }))
  })

  it('requires what has no default, but not of a fragment', () => {
    expect(() => LIMIT.resolve({ queue: 1 }, at)).toThrow('x.limit: missing; an integer of at least 1')
    expect(() => LIMIT.resolve(undefined, at)).toThrow('x: missing; an object with limit')
    expect(fragment(LIMIT).resolve({ queue: 1 }, at)).toEqual({ queue: 1 })
    expect(fragment(LIMIT).resolve(undefined, at)).toEqual({})
  })

  it('keeps one amount from falling below another', () => {
    expect(BACKOFF.resolve({ initial: '5s' }, at)).toEqual({ initialMs: 5000, maxMs: 5000 })
    expect(BACKOFF.resolve({ initial: '5s', max: '5s' }, at)).toEqual({ initialMs: 5000, maxMs: 5000 })
    const message = 'x.max: 2s is not allowed; at least initial, which is 5s'
    expect(() => BACKOFF.resolve({ initial: '5s', max: '2s' }, at)).toThrow(message)
    expect(() => BACKOFF.normalize({ initial: '5s', max: '2s' }, at)).toThrow(message)
    expect(BACKOFF.normalize({ initial: '5s' }, at)).toEqual({ initial: 5000 })
  })

  it('is finished by a function that sees all its values', () => {
    const bucket = record(
      { rate: number({ above: 0 }), burst: optional(number({ min: 1 })) },
      { finish: ({ rate, burst }) => ({ rate, burst: burst ?? Math.max(1, rate) }) },
    )
    expect(bucket.resolve({ rate: 20 }, at)).toEqual({ rate: 20, burst: 20 })
    expect(Object.isFrozen(bucket.resolve({ rate: 0.5 }, at))).toBe(true)
  })

  it('can be extended', () => {
    const named = extended(RETRY, { extends: optional(name()), delay: duration({ default: 1 }) })
    expect(named.resolve({ extends: 'standard', attempts: 2 }, at)).toMatchObject({
      extends: 'standard',
      delayMs: 1,
      attempts: 2,
    })
    expect(() => named.resolve({ extend: 'standard' }, at)).toThrow('did you mean extends?')
    expect(() => named.resolve({ hedge: true }, at)).toThrow('not available yet')
    const finished = extended(record({ a: integer() }, { finish: ({ a }) => ({ twice: 2 * a }) }), { b: integer() })
    expect(finished.resolve({ a: 2, b: 1 }, at)).toEqual({ b: 1, twice: 4 })
  })
})

describe('layer', () => {
  it('is there, with all defaults, or not', () => {
    expect(layer(BACKOFF).resolve({ initial: 0 }, at)).toEqual({ initialMs: 0, maxMs: 2000 })
    expect(layer(BACKOFF).resolve(true, at)).toEqual({ initialMs: 50, maxMs: 2000 })
    expect(layer(BACKOFF).resolve(false, at)).toBeUndefined()
    expect(layer(BACKOFF).resolve(undefined, at)).toBeUndefined()
    expect(layer(BACKOFF, { default: true }).resolve(undefined, at)).toEqual({ initialMs: 50, maxMs: 2000 })
    expect(layer(BACKOFF, { default: true }).resolve(false, at)).toBeUndefined()
  })

  it.each<[unknown, string]>([
    [null, 'x: null (nothing is written here) is not allowed; an object, true (all defaults) or false'],
    ['yes', 'x: "yes" is not allowed; an object, true (all defaults) or false'],
    [0, 'x: 0 is not allowed; an object, true (all defaults) or false'],
  ])('%#: is nothing else', (input, message) => {
    expect(() => layer(BACKOFF).resolve(input, at)).toThrow(message)
    expect(() => layer(BACKOFF).normalize(input, at)).toThrow(message)
  })

  it('has no defaults to stand for `true` where something is required', () => {
    expect(() => layer(LIMIT).resolve(true, at)).toThrow('x: true is not allowed; an object with limit, or false')
  })

  it('is a single value with orFalse', () => {
    const timeout = orFalse(duration({ above: 0 }))
    expect(timeout.suffix).toBe('Ms')
    expect(timeout.resolve('1s', at)).toBe(1000)
    expect(timeout.resolve(false, at)).toBeUndefined()
    expect(timeout.resolve(undefined, at)).toBeUndefined()
    expect(timeout.normalize(false, at)).toBe(false)
    expect(timeout.normalize(undefined, at)).toBeUndefined()
    expect(() => timeout.resolve(0, at)).toThrow('a number is milliseconds), or false')
  })
})

describe('listOf and mapOf', () => {
  it('read each item and entry in its place', () => {
    const ratios = listOf(ratio())
    expect(ratios.resolve(['5%', 1], at)).toEqual([0.05, 1])
    expect(ratios.resolve(undefined, at)).toEqual([])
    expect(() => ratios.resolve([0, 2], at)).toThrow('x.1: 2 is not allowed')
    expect(() => ratios.resolve({}, at)).toThrow('x: an object is not allowed; a list')
    expect(() => ratios.resolve(null, at)).toThrow('x: null (nothing is written here) is not allowed; a list')
    expect(() => listOf(ratio(), { min: 1 }).resolve([], at)).toThrow(
      'x: 0 items are not enough; a list with at least 1 item',
    )
    expect(() => listOf(ratio(), { min: 1 }).resolve(undefined, at)).toThrow('x: missing')

    const waits = mapOf(name(), duration())
    expect({ ...waits.resolve({ a: '1s', b: undefined }, at) }).toEqual({ a: 1000 })
    expect(() => waits.resolve({ 'a b': 1 }, at)).toThrow('x.a b: "a b" is not allowed; a name')
    expect(() => waits.resolve({ a: null }, at)).toThrow('x.a: null')
    expect(() => mapOf(name(), duration(), { min: 1 }).resolve({}, at)).toThrow('x: 0 entries are not enough')
  })

  it('make frozen things; a map has no prototype to be mistaken for an entry', () => {
    const map = mapOf(text(), integer()).resolve(JSON.parse('{"__proto__": 1, "b": 2}'), at)
    expect(Object.keys(map)).toEqual(['__proto__', 'b'])
    expect('constructor' in map).toBe(false)
    expect(Object.isFrozen(map) && Object.isFrozen(listOf(integer()).resolve([1], at))).toBe(true)
  })
})

describe('byKind and byKey', () => {
  const STEP = byKey({
    work: record({ work: duration() }),
    call: record({ call: name(), probability: ratio({ default: 1 }) }),
  })
  const STEPS = listOf(byKind({ object: STEP, list: listOf(STEP) }))

  it('choose by the kind of value and by the key', () => {
    expect(STEPS.resolve([{ work: '2ms' }, [{ call: 'a' }, { call: 'b', probability: '10%' }]], at)).toEqual([
      { workMs: 2 },
      [
        { call: 'a', probability: 1 },
        { call: 'b', probability: 0.1 },
      ],
    ])
  })

  it.each<[unknown, string]>([
    [[{ cal: 'a' }], 'x.0: has cal; an object with one of work, call; did you mean call?'],
    [[{}], 'x.0: empty; an object with one of work, call'],
    [
      [{ call: 'a', probabilty: 1 }],
      'x.0.probabilty: unknown key; allowed: call, probability; did you mean probability?',
    ],
    [[{ work: 1, call: 'a' }], 'x.0.call: unknown key; allowed: work'],
    [[[{ call: 'a' }, 'b']], 'x.0.1: "b" is not allowed; an object with one of work, call'],
    [['a'], 'x.0: "a" is not allowed; an object with one of work, call; or a list'],
    [[null], 'x.0: null (nothing is written here) is not allowed; an object with one of work, call; or a list'],
    [[undefined], 'x.0: missing; an object with one of work, call; or a list'],
  ])('%#: tell what form was meant', (input, message) => {
    expect(() => STEPS.resolve(input, at)).toThrow(expect.objectContaining({ message }))
  })

  it('have the types of their forms', () => {
    const field = byKind({ text: oneOf(['a']), number: integer() })
    expectTypeOf(field.resolve('a', at)).toEqualTypeOf<'a' | number>()
  })
})

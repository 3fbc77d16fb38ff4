import { describe, expect, it } from 'vitest'
import { type Field, optional, refined } from './field.ts'
import { rootPlace } from './place.ts'
import { duration, integer, number, ratio } from './quantities.ts'
import { func } from './shapes.ts'
import { bool, name, oneOf, text } from './words.ts'

const at = rootPlace('x')

function messageFor(field: Field<unknown>, input: unknown): string {
  try {
    field.resolve(input, at)
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('it was allowed')
}

describe('a field of one value', () => {
  it.each<[string, Field<unknown>, unknown, unknown]>([
    ['a duration', duration(), '2s', 2000],
    ['a duration of 0', duration({ default: '5s' }), 0, 0],
    ['a duration by default', duration({ default: '5s' }), undefined, 5000],
    ['a duration at its bounds', duration({ min: '10ms', max: '1h' }), '1h', 3_600_000],
    ['a ratio', ratio(), '20%', 0.2],
    ['a ratio at 0', ratio({ default: 0.2 }), 0, 0],
    ['a ratio at 1', ratio({ above: 0 }), 1, 1],
    ['an integer', integer({ min: 1, max: 20 }), 20, 20],
    ['an integer at 0', integer({ default: 3 }), 0, 0],
    ['a number', number({ above: 0, max: 1e6 }), 0.5, 0.5],
    ['a word', oneOf(['none', 'full'], { default: 'none' }), 'full', 'full'],
    ['a word by default', oneOf(['none', 'full'], { default: 'none' }), undefined, 'none'],
    ['a name', name(), 'localhost:8080', 'localhost:8080'],
    ['a text', text(), 'a b', 'a b'],
    ['false', bool({ default: true }), false, false],
    ['nothing', optional(duration()), undefined, undefined],
    ['a refined one', refined(integer(), (value) => -value), 3, -3],
  ])('reads %s', (_, field, input, value) => {
    expect(field.resolve(input, at)).toBe(value)
  })

  it.each<[Field<unknown>, unknown, string]>([
    [integer({ min: 1, max: 20 }), 0, 'x: 0 is not allowed; an integer from 1 to 20'],
    [integer({ min: 1, max: 20 }), 1.5, 'x: 1.5 is not allowed; an integer from 1 to 20'],
    [
      integer({ min: 1, max: 20 }),
      '3',
      'x: "3" is not allowed; an integer from 1 to 20; did you mean 3, without quotes?',
    ],
    [integer({ min: 1, max: 20 }), '30', 'x: "30" is not allowed; an integer from 1 to 20'],
    [integer({ min: 0 }), -1, 'x: -1 is not allowed; an integer of at least 0'],
    [integer(), 2 ** 53, 'x: 9007199254740992 is not allowed; an integer'],
    [integer({ max: 5 }), undefined, 'x: missing; an integer of at most 5'],
    [number({ above: 0, max: 1e6 }), 0, 'x: 0 is not allowed; a number above 0, at most 1000000'],
    [number(), Number.NaN, 'x: NaN is not allowed; a number'],
    [number(), Number.POSITIVE_INFINITY, 'x: Infinity is not allowed; a number'],
    [number(), 10n, 'x: 10n is not allowed; a number'],
    [ratio(), 50, 'x: 50 is not allowed; a ratio from 0 to 1 (0.5 or 50%); did you mean 0.5 or 50%?'],
    [ratio(), '50', 'x: "50" is not allowed; a ratio from 0 to 1 (0.5 or 50%); did you mean 0.5 or 50%?'],
    [ratio(), '0.5', 'x: "0.5" is not allowed; a ratio from 0 to 1 (0.5 or 50%); did you mean 0.5?'],
    [ratio(), '50 %', 'x: "50 %" is not allowed; a ratio from 0 to 1 (0.5 or 50%); did you mean 50%?'],
    [ratio(), 120, 'x: 120 is not allowed; a ratio from 0 to 1 (0.5 or 50%)'],
    [ratio(), -0.5, 'x: -0.5 is not allowed; a ratio from 0 to 1 (0.5 or 50%)'],
    [ratio({ above: 0 }), '0%', 'x: "0%" is not allowed; a ratio above 0, at most 1 (0.5 or 50%)'],
    [ratio({ min: 0.5 }), 0.2, 'x: 0.2 is not allowed; a ratio from 0.5 to 1 (0.5 or 50%)'],
    [duration(), -1, 'x: -1 is not allowed; a duration (250ms, 2s, 5m; a number is milliseconds)'],
    [
      duration({ min: '10ms' }),
      '5ms',
      'x: "5ms" is not allowed; a duration of at least 10ms (250ms, 2s, 5m; a number is milliseconds)',
    ],
    [
      duration({ min: '1ms', max: '1m' }),
      '1h',
      'x: "1h" is not allowed; a duration from 1ms to 1m (250ms, 2s, 5m; a number is milliseconds)',
    ],
    [duration({ above: 0 }), 0, 'x: 0 is not allowed; a duration above 0 (250ms, 2s, 5m; a number is milliseconds)'],
    [
      oneOf(['none', 'full', 'equal']),
      'fulll',
      'x: "fulll" is not allowed; one of none, full, equal; did you mean full?',
    ],
    [oneOf(['p2c'], { notYet: ['maglev'] }), 'maglev', 'x: maglev is not available yet in this version; allowed: p2c'],
    [oneOf([1]), '1', 'x: "1" is not allowed; it must be 1; did you mean 1, without quotes?'],
    [oneOf([1]), undefined, 'x: missing; it must be 1'],
    [text(), '', 'x: "" is not allowed; a text'],
    [text(), null, 'x: null (nothing is written here) is not allowed; a text'],
    [bool(), 'yes', 'x: "yes" is not allowed; true or false'],
    [func(), 'run', 'x: "run" is not allowed; a function'],
    [integer(), 'y'.repeat(80), `x: "${'y'.repeat(59)}…" is not allowed; an integer`],
    [integer(), () => 1, 'x: a function is not allowed; an integer'],
    [integer(), [1], 'x: a list is not allowed; an integer'],
    [integer(), {}, 'x: an object is not allowed; an integer'],
  ])('%#: says what is wrong', (field, input, message) => {
    expect(messageFor(field, input)).toBe(message)
  })

  it.each([
    ['5 seconds', '5s'],
    ['5S', '5s'],
    ['500', '500ms'],
    ['1m30s', '90s'],
    ['2 min', '2m'],
    ['1d', '24h'],
    ['10µs', '10us'],
    ['1 hour 30 mins', '90m'],
  ])('takes the duration %j for %s', (input, meant) => {
    expect(messageFor(duration(), input)).toMatch(new RegExp(`; did you mean ${meant}\\?$`))
  })

  it.each([['soon'], ['5 apples'], ['-5s'], ['5s!'], [''], ['s']])('makes nothing of the duration %j', (input) => {
    expect(messageFor(duration(), input)).not.toContain('did you mean')
  })

  it('does not propose a duration that is out of bounds itself', () => {
    expect(messageFor(duration({ min: '1s' }), '5 ms')).not.toContain('did you mean')
  })

  it.each([['a>b'], ['a#1'], ['a/b'], ['a*'], ['a b'], ['123'], [''], [7]])('refuses the name %j', (input) => {
    expect(messageFor(name(), input)).toContain('a name without >, #, /, * or blanks that is not all digits')
  })

  it('resolves what it has normalized to the same value', () => {
    for (const [field, input] of [
      [duration(), '1.5s'],
      [ratio(), '5%'],
      [oneOf(['a', 'b']), 'b'],
    ] as const) {
      const normal = field.normalize(input, at)
      expect(field.resolve(normal, at)).toBe(field.resolve(input, at))
      expect(field.normalize(normal, at)).toBe(normal)
      expect(field.normalize(undefined, at)).toBeUndefined()
    }
  })
})

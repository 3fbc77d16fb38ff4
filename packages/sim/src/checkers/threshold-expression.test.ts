import { ConfigError } from '@seakeep/core'
import { rootPlace } from '@seakeep/core/spi'
import { describe, expect, test } from 'vitest'
import type { MetricName } from '../scenario/resolved-scenario.ts'
import { parseThreshold } from './threshold-expression.ts'

const NO_SCOPE = { withinMs: undefined, fromMs: undefined, untilMs: undefined }
const parse = (name: MetricName, expression: string) => parseThreshold(expression, name, rootPlace('t'))

describe('conditions', () => {
  test.each<[MetricName, string, object]>([
    ['goodput', 'ratio>=0.99', { aggregate: 'ratio', operator: '>=', bound: 0.99 }],
    ['goodput', 'ratio >= 99%', { aggregate: 'ratio', operator: '>=', bound: 0.99 }],
    ['errors', 'ratio==0', { aggregate: 'ratio', operator: '==', bound: 0 }],
    ['latency', 'p(99)<1500ms', { aggregate: { percentile: 99 }, operator: '<', bound: 1500 }],
    ['latency', 'p( 99.9 )<=2s', { aggregate: { percentile: 99.9 }, operator: '<=', bound: 2000 }],
    ['latency', 'avg<250', { aggregate: 'avg', operator: '<', bound: 250 }],
    ['queue', 'max<1m', { aggregate: 'max', operator: '<', bound: 60_000 }],
    ['amplification', 'value<1.25', { aggregate: 'value', operator: '<', bound: 1.25 }],
    ['offered', 'count!=1e3', { aggregate: 'count', operator: '!=', bound: 1000 }],
    ['offered', 'rate>400/s', { aggregate: 'rate', operator: '>', bound: 400 }],
    ['recovery', 'time<30s', { aggregate: 'time', operator: '<', bound: 30_000 }],
  ])('%s %s', (name, expression, condition) => {
    expect(parse(name, expression)).toEqual({ ...condition, ...NO_SCOPE })
  })

  test('a deadline and a window, in any order', () => {
    expect(parse('goodput', 'ratio>=0.99 until 5m within 1s from 90s')).toEqual({
      aggregate: 'ratio',
      operator: '>=',
      bound: 0.99,
      withinMs: 1000,
      fromMs: 90_000,
      untilMs: 300_000,
    })
  })
})

describe('what can only be a slip is refused', () => {
  test.each<[MetricName, string, string]>([
    [
      'goodput',
      '>=0.99',
      `">=0.99" is no threshold; written as 'ratio>=0.99', 'p(99)<800ms', 'time<30s', then 'within 1s', 'from 1m' or 'until 2m'`,
    ],
    [
      'goodput',
      'ratio>=99',
      '"99" is no ratio; goodput is bounded by a ratio from 0 to 1 (0.5 or 50%); did you mean 0.99 or 99%?',
    ],
    ['goodput', 'ratio>=101', '"101" is no ratio; goodput is bounded by a ratio from 0 to 1 (0.5 or 50%)'],
    ['goodput', 'ration>=0.9', '"ration" is no aggregate of goodput; ratio; did you mean ratio?'],
    ['goodput', 'p(99)>=0.9', '"p" is no aggregate of goodput; ratio'],
    ['goodput', 'ratio(1)>=0.9', 'ratio takes nothing in brackets; only p(n) does'],
    ['goodput', 'ratio=0.9', '"=" compares nothing; one of <, <=, >, >=, ==, !=; did you mean ==?'],
    ['goodput', 'ratio=>0.9', '"=>" compares nothing; one of <, <=, >, >=, ==, !=; did you mean >=?'],
    ['goodput', 'ratio>=0.9 wihtin 1s', '"wihtin" is not known here; one of within, from, until; did you mean within?'],
    ['goodput', 'ratio>=0.9 within', 'within needs a length of time after it, as within 30s'],
    ['goodput', 'ratio>=0.9 from 1s from 2s', 'from is there twice'],
    ['goodput', 'ratio>=0.9 from 2m until 1m', 'until 1m is not after from 2m'],
    ['latency', 'mean<1s', '"mean" is no aggregate of latency; one of p(n), avg, max'],
    ['latency', 'p<1s', '"p" is no percentile; p(n) with n above 0, at most 100, as p(99) or p(99.9)'],
    ['latency', 'p(0)<1s', '"p(0)" is no percentile; p(n) with n above 0, at most 100, as p(99) or p(99.9)'],
    ['latency', 'p(99)<1sec', '"1sec" is no length of time; latency is bounded by 250ms, 2s, 5m'],
    ['latency', 'p(99)<1s within 1s', 'within sets the deadline that goodput is judged by; latency has none'],
    ['amplification', 'value<2x', '"2x" is no number; amplification is bounded by one'],
    [
      'amplification',
      'value<2 from 1m',
      'amplification is counted over the whole run; from and until do not go with it',
    ],
    ['recovery', 'time<30s until 5m', 'recovery is counted over the whole run; from and until do not go with it'],
  ])('%s %s', (name, expression, message) => {
    expect(() => parse(name, expression)).toThrow(new ConfigError('t', message))
  })
})

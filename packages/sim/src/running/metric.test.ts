import { expect, test } from 'vitest'
import { simulate } from './simulate.ts'

const run = await simulate({
  duration: '10s',
  policies: { version: 1, targets: { api: { retry: { backoff: { initial: 0, max: 0 } } } } },
  topology: { web: { calls: ['api'] }, api: { work: '5ms', errorRate: 0.1 } },
  workload: [{ constantArrivalRate: { to: 'web', rate: 100, deadline: '1s' } }],
})

// They were null: `web>api.goodput` and `api.amplification` are what a threshold may be about.
test('an edge has the figures of its calls, and a service the amplification of all who call it', () => {
  expect(run.metric('web>api.goodput')).toBe(run.services.api?.goodput)
  expect(run.metric('web>api.errors')).toBe(run.metric('api.errors'))
  expect(run.metric('web>api.rejected')).toBe(0)
  expect(run.metric('api.amplification')).toBe(run.edges['web>api']?.amplification)
  expect(run.metric('api.amplification')).toBeGreaterThan(1.05)
})

test('what is not measured is an error', () => {
  expect(() => run.metric('web>api.utilization')).toThrow('utilization is not measured of web>api')
  expect(() => run.metric('web.goodput', { between: '1s' } as object)).toThrow(
    'between: unknown key; allowed: from, until',
  )
})

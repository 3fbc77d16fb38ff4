import { expect, it } from 'vitest'
import { effectiveInbound, effectivePolicy } from './effective-policy.ts'
import { parsePolicyText } from './parse-text.ts'

const TEXT = `version: 1
policies:
  shop: { timeout: 2s, retry: { attemptTimeout: 600ms } }
targets:
  "*": { use: standard, loadBalancing: least-request }
  payments:
    use: shop
    concurrency: { algorithm: vegas, queue: 5 }
    health: { http: /readyz }
  "orders>payments": { retry: { maxAttempts: 2 }, circuitBreaker: false, rateLimit: { rate: 5, by: key } }
inbound:
  payments: { concurrency: { limit: 64 }, shed: true }
`
const DOCUMENT = parsePolicyText(TEXT, 'p.yaml')

function printed(from: string, to: string): Record<string, string> {
  const fields = effectivePolicy(DOCUMENT, { from, to, method: undefined })
  return Object.fromEntries(
    fields.map(({ path, text, place }) => [
      path,
      `${text} ${place === undefined ? 'default' : (place.position ?? place.path)}`,
    ]),
  )
}

it('gives each field with the place of the last word on it: of targets, of the policy used, of what is built in', () => {
  expect(printed('orders', 'payments')).toMatchObject({
    timeout: '2s p.yaml:3:11',
    retry: 'on p.yaml:10:24',
    'retry.maxAttempts': '2 p.yaml:10:33',
    'retry.attemptTimeout': '600ms p.yaml:3:33',
    'retry.backoff.initial': '50ms default',
    'retry.budget': 'on default',
    'retry.budget.ratio': '0.2 default',
    circuitBreaker: 'off p.yaml:10:51',
    outlier: 'on standard (built in).outlier',
    'loadBalancing.algorithm': 'least-request p.yaml:5:25',
  })
})

it('finds values that resolving has sorted elsewhere', () => {
  const fields = printed('orders', 'payments')
  expect(fields).toMatchObject({
    'concurrency.algorithm': 'vegas p.yaml:8:20',
    'concurrency.max': '1000 default',
    'concurrency.discipline': 'fifo default',
    'rateLimit.by': 'key p.yaml:10:96',
    'rateLimit.algorithm': 'gcra default',
    'health.http': '/readyz p.yaml:9:15',
    'health.interval': '10s default',
  })
  expect(fields).not.toHaveProperty('concurrency.limit')
  expect(fields).not.toHaveProperty('cache')
})

it('is the bare policy where no target speaks of a call', () => {
  const bare = effectivePolicy(undefined, { from: 'a', to: 'b', method: undefined })
  expect(bare[0]).toMatchObject({ path: 'loadBalancing.algorithm', text: 'round-robin', place: undefined })
})

it('tells what instances admit', () => {
  expect(effectiveInbound(DOCUMENT, 'payments').map(({ path, text }) => `${path} ${text}`)).toEqual([
    'concurrency on',
    'concurrency.limit 64',
    'concurrency.algorithm fixed',
    'concurrency.queue 0',
    'concurrency.discipline fifo',
    'shed on',
    'shed.eventLoopUtilization 0.9',
    'shed.order ["sheddable","default"]',
  ])
  expect(effectiveInbound(DOCUMENT, 'orders')).toEqual([])
})

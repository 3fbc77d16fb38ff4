import { describe, expect, it } from 'vitest'
import { lintPolicies } from './lint.ts'
import type { CallGraph } from './lint-graph.ts'
import { attemptsOf } from './lint-stack.ts'
import { parsePolicyText } from './parse-text.ts'

/** The findings as lines: `rule line:col problem`, notes with a question mark. */
function lint(text: string, edges?: string): string[] {
  const document = parsePolicyText(`version: 1\n${text}`, 'p.yaml')
  return lintPolicies(document, edges === undefined ? undefined : graph(edges)).map(
    ({ rule, level, place, problem }) =>
      `${rule}${level === 'note' ? '?' : ''} ${place.position?.slice('p.yaml:'.length)} ${problem}`,
  )
}

/** `a>b b>c/GET /x`, without blanks in methods: `GET_/x`. */
function graph(edges: string, isWhole = true): CallGraph {
  const calls = edges.split(' ').map((edge) => {
    const [, from = '', to = '', method] = /^(.*?)>([^/]*)(?:\/(.*))?$/.exec(edge) ?? []
    return { from, to, method: method?.replace('_', ' ') }
  })
  return { calls, isWhole }
}

const target = (layers: string): string => `targets: { a: { ${layers} } }`

describe('what is fine', () => {
  it.each([
    '',
    'targets: { "*": { use: standard } }',
    // the document of the contract, as far as it is read today
    `policies:
  standard: { timeout: 5s, retry: { maxAttempts: 3, budget: { ratio: 20% } }, circuitBreaker: { failureRatio: 50%, window: 10s, minimumCalls: 20, openFor: 5s } }
  payments: { extends: standard, timeout: 2s, concurrency: { algorithm: gradient, max: 256 } }
targets:
  "*": { use: standard, loadBalancing: p2c-ewma, outlier: { consecutiveFailures: 5, maxEjected: 50% } }
  payments: { use: payments, health: { http: /readyz, interval: 5s } }
  orders: { split: [{ version: "1", weight: 95 }, { version: "2", weight: 5 }] }
inbound:
  orders: { concurrency: { algorithm: gradient, max: 256 }, shed: { eventLoopUtilization: 0.9, order: [sheddable, default] } }`,
  ])('says nothing of %j', (text) => {
    expect(lint(text)).toEqual([])
  })
})

describe('inert-breaker', () => {
  it('knows that a rate limit never lets minimumCalls through within the window', () => {
    expect(lint(target('circuitBreaker: { minimumCalls: 100, window: 1s }, rateLimit: { rate: 10 }'))).toEqual([
      'inert-breaker 2:35 circuitBreaker never opens: it judges from minimumCalls 100 on, and rateLimit lets at most 20 ' +
        'through in a window of 1s (burst 10, 10 a second); write minimumCalls 10, or a longer window',
    ])
  })

  it('counts attempts that began before the window and end in it', () => {
    const at = (calls: number) =>
      lint(target(`timeout: 2s, circuitBreaker: { minimumCalls: ${calls}, window: 1s }, rateLimit: { rate: 10 }`))
    expect(at(40)).toEqual([])
    expect(at(41)).toHaveLength(1)
  })

  it.each([
    ['another way to open', 'circuitBreaker: { minimumCalls: 100, consecutiveFailures: 5 }, rateLimit: { rate: 1 }'],
    ['the breakers of others', 'circuitBreaker: { minimumCalls: 100, quorum: 2 }, rateLimit: { rate: 1 }'],
    ['a limit for each key', 'circuitBreaker: { minimumCalls: 100 }, rateLimit: { rate: 1, by: key }'],
    ['enough calls', 'circuitBreaker: { minimumCalls: 20 }, rateLimit: { rate: 1, burst: 10 }'],
  ])('is silent where there is %s', (_, layers) => {
    expect(lint(target(layers))).toEqual([])
  })

  it('knows that nobody is slow who is ended before', () => {
    expect(
      lint(target('timeout: 5s, retry: { attemptTimeout: 600ms }, circuitBreaker: { slowCall: { over: 800ms } }')),
    ).toEqual([
      'inert-breaker 2:94 no answer is ever slow: slowCall.over is 800ms, and retry.attemptTimeout ends every attempt after ' +
        '600ms; write over below that, as 300ms',
    ])
    expect(lint(target('timeout: 500ms, circuitBreaker: { slowCall: { over: 500ms } }'))[0]).toContain(
      'and timeout ends every attempt after 500ms',
    )
    expect(lint(target('timeout: 500ms, circuitBreaker: { slowCall: { over: 499ms } }'))).toEqual([])
    expect(lint(target('circuitBreaker: { slowCall: { over: 1h } }'))).toEqual([])
  })
})

describe('attempts-beyond-timeout', () => {
  it('counts attempts and the shortest waits between them', () => {
    expect(lint(target('timeout: 2s, retry: { maxAttempts: 4, attemptTimeout: 600ms }'))).toEqual([
      'attempts-beyond-timeout 2:55 4 attempts of 600ms and waits of at least 150ms come to 2.55s, beyond timeout 2s: only 3 ' +
        'can take as long as it may; write timeout 2.6s, maxAttempts 3 or attemptTimeout 462ms',
    ])
    const at = (jitter: string, timeout: string) =>
      lint(target(`timeout: ${timeout}, retry: { attemptTimeout: 1s, backoff: { initial: 100ms, jitter: ${jitter} } }`))
    for (const [jitter, fits, tooShort] of [
      ['none', '3300ms', '3299ms'],
      ['equal', '3150ms', '3149ms'],
      ['decorrelated', '3200ms', '3199ms'],
      ['full', '3s', '2999ms'],
    ] as const) {
      expect(at(jitter, fits)).toEqual([])
      expect(at(jitter, tooShort)).toHaveLength(1)
    }
  })

  it('knows an attempt timeout that never ends an attempt', () => {
    expect(lint(target('timeout: 1s, retry: { maxAttempts: 1, attemptTimeout: 2s }'))).toEqual([
      'attempts-beyond-timeout 2:55 1 attempt of 2s come to 2s, beyond timeout 1s: none can take as long as it may; ' +
        'write timeout 2s or attemptTimeout 1s',
    ])
  })

  it('is said once of what several targets inherit, at the line that was written', () => {
    const text = `policies: { shop: { timeout: 1s, retry: { attemptTimeout: 500ms } } }
targets: { a: { use: shop }, b: { use: shop, circuitBreaker: true }, c: { use: shop, timeout: 5s } }`
    const document = parsePolicyText(`version: 1\n${text}`, 'p.yaml')
    expect(lintPolicies(document).map(({ targets, place }) => [targets, place.position])).toEqual([
      [['a', 'b'], 'p.yaml:2:43'],
    ])
  })
})

describe('retries and hedges', () => {
  it('no-budget', () => {
    expect(lint(target('retry: { maxAttempts: 5, budget: false }'))).toEqual([
      'no-budget 2:42 retries without a budget: while the target fails every call becomes 5 attempts, 5 times the load; leave ' +
        'budget out for the default, 20 % of the calls and 10 a second',
    ])
    expect(lint(target('retry: { maxAttempts: 1, budget: false }'))).toEqual([])
  })

  it('inert-retry', () => {
    expect(lint(target('retry: { budget: { ratio: 0, minPerSecond: 0 } }'))[0]).toMatch(
      /^inert-retry 2:26 a budget of ratio 0/,
    )
    expect(lint(target('retry: { budget: { ratio: 0 } }'))).toEqual([])
    expect(lint(target('retry: { budget: { algorithm: tokens, ratio: 0 } }'))).toEqual([])
  })

  it('unsafe-retry: a warning where it was written for the method, a note where it is inherited', () => {
    expect(lint('targets: { "a/POST /charges": { retry: { maxAttempts: 4 } } }')).toEqual([
      'unsafe-retry 2:33 POST is not idempotent: without an Idempotency-Key only what was not sent is tried again, and with ' +
        'one it is sent up to 4 times; take retry out, or have callers send the key',
    ])
    expect(lint('targets: { "*": { retry: true }, "a/PATCH /x": { timeout: 1s } }')).toEqual([
      'unsafe-retry? 2:19 PATCH is not idempotent: without an Idempotency-Key only what was not sent is tried again, and with ' +
        'one it is sent up to 3 times; write retry: false, or have callers send the key',
    ])
  })

  it.each([
    'targets: { "*": { retry: true }, "a/POST /charges": { retry: false } }',
    'targets: { "*": { retry: true }, "a/PUT /x": { retry: true }, "a/GET /x": { hedge: true } }',
    'targets: { "a/* /x": { retry: true }, "a/acme.Payments/Charge": { retry: true }, "a/**": { retry: true } }',
  ])('unsafe-retry is silent of %s', (text) => {
    expect(lint(text)).toEqual([])
  })

  it('unsafe-hedge', () => {
    expect(lint('targets: { "a/POST /charges": { hedge: true } }')[0]).toMatch(
      /^unsafe-hedge 2:33 POST is not idempotent/,
    )
    expect(lint('targets: { a: { hedge: true }, "a/POST /charges": { timeout: 1s } }')).toEqual([])
  })

  it('inert-hedge', () => {
    expect(lint(target('timeout: 1s, hedge: { delay: 1s }'))).toEqual([
      'inert-hedge 2:39 no copy is ever sent: hedge.delay is 1s, and timeout ends the attempt after 1s; write delay below ' +
        'that, as 500ms',
    ])
    expect(lint(target('retry: { attemptTimeout: 1s }, hedge: { minDelay: 2s }'))[0]).toContain('hedge.minDelay is 2s')
    expect(lint(target('retry: { attemptTimeout: 1s }, hedge: { delay: 1s }'))).toEqual([])
    expect(lint(target('hedge: { maxExtraLoad: 0 }'))[0]).toContain('a share of 0 sends no copy')
  })
})

describe('limits', () => {
  it('inert-wait', () => {
    expect(lint(target('timeout: 1s, concurrency: { limit: 8, queue: 4, maxWait: 2s }'))).toEqual([
      'inert-wait 2:65 concurrency.maxWait 2s is longer than timeout 1s, which ends the wait first; write maxWait below 1s, ' +
        'so that time is left for the call',
    ])
    expect(lint(target('concurrency: { limit: 8, maxWait: 2s }'))[0]).toContain('queue is 0')
    // The default of a second is nobody's mistake.
    expect(lint(target('timeout: 500ms, concurrency: { limit: 8, queue: 4 }'))).toEqual([])
    expect(lint('inbound: { a: { concurrency: { limit: 8, maxWait: 2s } } }')[0]).toMatch(
      /^inert-wait 2:42 .*queue is 0/,
    )
    expect(lint('inbound: { a: { concurrency: { limit: 8, queue: 2, maxWait: 2s } } }')).toEqual([])
  })

  it('ejects-all', () => {
    expect(lint(target('outlier: { maxEjected: 100% }'))).toEqual([
      'ejects-all? 2:28 maxEjected 100 % ejects more than is ever left out: below panicThreshold 50 % healthy endpoints ' +
        'ejections are ignored; write maxEjected 50 %',
    ])
    expect(
      lint(target('outlier: { maxEjected: 1, minHealthy: 0 }, loadBalancing: { panicThreshold: 0 }'))[0],
    ).toContain('without a panicThreshold ejects every endpoint, and calls are refused')
    expect(lint(target('outlier: { maxEjected: 1 }, loadBalancing: { panicThreshold: 0 }'))[0]).toContain('all but 1')
    expect(lint(target('outlier: { maxEjected: 99% }'))).toEqual([])
  })
})

describe('stacked-retries', () => {
  const chain = (retry: string) => `targets: { "a>b": { ${retry} }, "b>c": { ${retry} }, "c>d": { ${retry} } }`

  it('multiplies what targets a>b say, where nothing stops it', () => {
    const found = lint(chain('retry: { maxAttempts: 3, budget: false }')).filter((line) => line.startsWith('stacked'))
    expect(found).toEqual([
      'stacked-retries 2:21 a>b>c>d retries on 3 edges in a row: 3x3x3=27 attempts at d for one call; retry on one of them, ' +
        'and write retry: false for the others, as for "a>b"',
    ])
  })

  it('says, as a note, what the chain-stop of budgets leaves', () => {
    expect(lint(chain('retry: true'))).toEqual([
      'stacked-retries? 2:21 a>b>c>d retries on 3 edges in a row: 3x3x3=27 attempts at d for one call; 11 as no retry is ' +
        'tried again one edge below it, and fewer where a budget is used up; retry on one of them, and write retry: false ' +
        'for the others, as for "a>b"',
    ])
  })

  it('sees through a topology which edges the targets of services govern', () => {
    const text = 'targets: { "*": { retry: { maxAttempts: 2, budget: false } }, "web>*": { retry: false } }'
    expect(lint(text).some((line) => line.startsWith('stacked'))).toBe(false)
    const [found] = lint(text, 'client>web web>a web>b a>c b>c c>d')
    // client>web stands alone, as web does not retry.
    expect(found).toMatch(
      /^stacked-retries 2:19 [ab]>c>d retries on 2 edges in a row: 2x2=4 attempts at d for one call;/,
    )
    expect(lint(text, 'client>web web>a').filter((line) => line.startsWith('stacked'))).toEqual([])
  })

  it('ends where a circle closes', () => {
    const text = 'targets: { "*": { retry: true } }'
    expect(lint(text, 'x>a a>b b>a')[0]).toContain('x>a>b retries on 2 edges in a row')
  })

  it('is quick about graphs with more paths than anybody could count', () => {
    const levels = 20
    const edges = Array.from({ length: levels }, (_, i) =>
      [0, 1, 2].flatMap((x) => [0, 1, 2].map((y) => `s${i}-${x}>s${i + 1}-${y}`)),
    )
    const found = lint('targets: { "*": { retry: { maxAttempts: 2, budget: false } } }', edges.flat().join(' '))
    expect(found.some((line) => line.includes(`=${2 ** levels} attempts`))).toBe(true)
  })

  it('counts attempts of tiers with and without a chain-stop', () => {
    const tier = (attempts: number, isStopped: boolean) => ({ attempts, isStopped })
    expect(attemptsOf([tier(3, true), tier(3, true)])).toBe(5)
    expect(attemptsOf([tier(3, false), tier(3, false)])).toBe(9)
    // Whether the first one stops counts only for whoever is above it.
    expect(attemptsOf([tier(3, false), tier(3, true)])).toBe(5)
    expect(attemptsOf([tier(3, true), tier(3, false)])).toBe(9)
  })
})

describe('shorter-caller', () => {
  const text = 'targets: { "a>b": { timeout: 1s }, "b>c": { timeout: 5s } }'

  it('knows a timeout that its callers never let act', () => {
    expect(lint(text)).toEqual([
      'shorter-caller 2:45 b gives c 5s, but a gives up after 1s, and deadlines are passed down: the longer one never acts; ' +
        'write less than 1s, or more for "a>b"',
    ])
  })

  it('is silent where another caller waits longer, or one may that is not named', () => {
    expect(lint('targets: { "a>b": { timeout: 1s }, "x>b": { timeout: 5s }, "b>c": { timeout: 5s } }')).toEqual([])
    expect(lint('targets: { "*": { timeout: 5s }, "a>b": { timeout: 1s }, "b>c": { timeout: 5s } }')).toEqual([])
    expect(lint(text, 'a>b b>c x>b')).toEqual([])
    // The 5 s are those of anybody who calls c, or of x as well, whom nobody keeps from waiting for them.
    expect(lint('targets: { "a>b": { timeout: 1s }, c: { timeout: 5s }, "b>c": { retry: true } }')).toEqual([])
    const shared = 'targets: { b: { timeout: 1s }, c: { timeout: 5s } }'
    expect(lint(shared, 'a>b b>c x>c')).toEqual([])
    expect(lint(shared, 'a>b b>c')).toHaveLength(1)
    expect(lint(text, 'a>b b>c')).toHaveLength(1)
    expect(lintPolicies(parsePolicyText(`version: 1\n${text}`, 'p'), graph('a>b b>c', false))).toEqual([])
  })
})

describe('what governs nothing', () => {
  it('unused-policy', () => {
    const text = `policies:
  standard: { timeout: 1s }
  base: { timeout: 2s }
  shop: { extends: base }
  unused: { extends: other }
  other: { timeout: 3s }
targets: { a: { use: shop } }`
    expect(lint(text)).toEqual([
      'unused-policy 6:3 no target uses policy unused; write use: unused in one, or take it out',
      'unused-policy 7:3 no target uses policy other; write use: other in one, or take it out',
    ])
  })

  it('overridden-target', () => {
    expect(
      lint('targets: { b: { timeout: 1s, retry: { maxAttempts: 2 } }, "*>b": { timeout: 2s, retry: false } }'),
    ).toEqual(['overridden-target 2:12 "b" says nothing that "*>b" does not say again, of the same calls; keep one'])
    expect(lint('targets: { "b/GET /x/:id": { timeout: 1s }, "b/GET /x/*": { timeout: 2s } }')).toHaveLength(1)
    expect(lint('targets: { b: { timeout: 1s, retry: true }, "*>b": { timeout: 2s } }')).toEqual([])
    expect(lint('targets: { b: { timeout: 1s }, "a>b": { timeout: 2s } }')).toEqual([])
  })

  it('unmatched-target, where the topology is known', () => {
    const text =
      'targets: { paymets: { timeout: 1s }, "a>c": { timeout: 1s }, "b*": { timeout: 1s }, "*": { timeout: 1s } }'
    expect(lint(text)).toEqual([])
    expect(lint(text, 'a>b a>payments b>c')).toEqual([
      'unmatched-target 2:12 "paymets" governs nothing here: the topology has no calls of or to paymets; did you mean payments?',
      'unmatched-target 2:38 "a>c" governs nothing here: nobody in the topology calls so',
    ])
    expect(lintPolicies(parsePolicyText(`version: 1\n${text}`, 'p'), graph('a>b', false))).toEqual([])
  })
})

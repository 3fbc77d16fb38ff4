// Why one call went as it did, asked of the runtime that made it.
import { describe, expect, it } from 'vitest'
import { createRuntime, type Decision, type Explanation, isSeakeepError } from '../src/index.ts'
import { parsePolicyText } from '../src/spi.ts'
import { answering, Bench, silent } from './bench.ts'

const ALWAYS = { explain: { ratio: 1, keep: 3 } }

function explained(bench: Bench, error: unknown): Explanation {
  if (!isSeakeepError(error)) throw new Error('it did not fail')
  const explanation = bench.runtime.explain(error.callId as string)
  if (explanation === undefined) throw new Error('it is not explained')
  return explanation
}

function steps(explanation: Explanation): string[] {
  return explanation.decisions.map(({ step }) => step)
}

function only<Step extends Decision['step']>(
  explanation: Explanation,
  step: Step,
): Extract<Decision, { step: Step }>[] {
  return explanation.decisions.filter((one): one is Extract<Decision, { step: Step }> => one.step === step)
}

describe('rt.explain', () => {
  it('tells the decisions of a call in order, with their numbers', async () => {
    const bench = new Bench(
      {
        orders: {
          timeout: '2s',
          retry: { maxAttempts: 2, attemptTimeout: '300ms', backoff: { initial: '40ms', max: '40ms', jitter: 'none' } },
          circuitBreaker: true,
          concurrency: { limit: 8 },
          rateLimit: { rate: 100, burst: 10 },
        },
      },
      ALWAYS,
    )
    bench.up('a', silent).up('b', answering(500, 10))
    const call = bench.call()
    await bench.pass(1000)
    const explanation = explained(bench, call.error)
    const attempt = ['breaker', 'pick', 'breaker', 'rate-limit', 'concurrency', 'sent']
    const ends: Readonly<Record<string, string[]>> = { a: ['called-off'], b: ['answered', 'judged'] }
    const [first, second] = only(explanation, 'sent')
    expect(steps(explanation)).toEqual([
      ...attempt,
      ...(ends[first?.endpoint ?? ''] ?? []),
      ...['backoff', 'retry-budget'],
      ...attempt,
      ...(ends[second?.endpoint ?? ''] ?? []),
    ])
    expect([first, second]).toMatchObject([
      { attempt: 1, leftMs: 300 },
      { attempt: 2, leftMs: 300 },
    ])
    const [, again] = only(explanation, 'pick')
    expect(again).toMatchObject({ endpoint: second?.endpoint, avoided: first?.endpoint })
    expect(again?.candidates.map(({ id, isEligible, circuit }) => [id, isEligible, circuit])).toEqual([
      ['a', true, 'closed'],
      ['b', true, 'closed'],
    ])
    expect(only(explanation, 'concurrency')[0]).toMatchObject({ isAdmitted: true, limit: 8, inFlight: 0, queued: 0 })
    expect(only(explanation, 'backoff')).toMatchObject([{ retry: 1, delayMs: 40 }])
    expect(only(explanation, 'answered')).toMatchObject([{ ending: 'ok', status: 500, tookMs: 10 }])
    expect(only(explanation, 'called-off')).toMatchObject([{ why: 'timeout', tookMs: 300 }])
    expect(explanation.outcome).toMatchObject({ attempts: 2, retryStopped: 'attempts', tookMs: 350 })
  })

  it('names the lines of the document behind them', async () => {
    const text = [
      'version: 1',
      'targets:',
      '  "*": { timeout: 1s }',
      '  orders:',
      '    rateLimit: { rate: 1, burst: 1 }',
      '    hedge: true',
    ].join('\n')
    const bench = new Bench({}, ALWAYS)
    bench.runtime.applyPolicies(parsePolicyText(text, 'policies.yaml'))
    bench.up('a')
    await bench.callOnce()
    const { error } = await bench.callOnce()
    const explanation = explained(bench, error)
    expect(only(explanation, 'rate-limit').at(-1)).toMatchObject({ isAdmitted: false, retryAfterMs: 1000 })
    expect(explanation.policy.filter(({ place }) => place !== undefined)).toEqual([
      { path: 'rateLimit.rate', text: '1', place: 'policies.yaml:5:18' },
      { path: 'rateLimit.burst', text: '1', place: 'policies.yaml:5:27' },
    ])
    expect(`${explanation}`).toBe(
      [
        'orders-2: orders, within 1000 ms',
        '     +0 ms  rate limit refuses: a token in 1000 ms',
        '     +0 ms  rate-limited after 0 attempts',
        '  rateLimit.rate: 1  (policies.yaml:5:18)',
        '  rateLimit.burst: 1  (policies.yaml:5:27)',
      ].join('\n'),
    )
  })

  it('does not change how a call goes', async () => {
    const outcomes = async (explain: { ratio: number; keep: number } | undefined): Promise<unknown> => {
      const policy = {
        retry: { budget: { ratio: 0.5, minPerSecond: 0 } },
        circuitBreaker: { minimumCalls: 5, failureRatio: 0.4, openFor: '1s' },
        concurrency: { limit: 3, queue: 2 },
        hedge: { delay: '20ms' },
        outlier: true,
        timeout: '500ms',
      }
      const bench = new Bench({ orders: policy }, { explain })
      bench.up('a', answering(200, 30)).up('b', answering(500, 5)).up('c', silent)
      const calls = []
      for (let i = 0; i < 60; i++) {
        calls.push(bench.call())
        await bench.pass(15)
      }
      await bench.pass(2000)
      return {
        sent: bench.sent,
        gone: bench.gone,
        at: calls.map(({ atMs }) => atMs),
        ends: calls.map(({ value, error }) => (value as { status: number } | undefined)?.status ?? String(error)),
        events: bench.events.map(({ type, atMs }) => `${atMs} ${type}`),
      }
    }
    expect(await outcomes({ ratio: 1, keep: 100 })).toEqual(await outcomes(undefined))
  })

  it('keeps the latest, and those only that were drawn', async () => {
    const bench = new Bench({ orders: { timeout: '1s' } }, ALWAYS)
    bench.up('a')
    for (let i = 0; i < 5; i++) await bench.callOnce()
    const ids = [...bench.runtime.explanations()].map(({ callId }) => callId)
    expect(ids).toEqual(['orders-5', 'orders-4', 'orders-3'])
    expect(bench.runtime.explain('orders-1')).toBeUndefined()

    const sampled = new Bench({ orders: { timeout: '1s' } }, { explain: { ratio: 0.2, keep: 1000 } })
    sampled.up('a')
    for (let i = 0; i < 500; i++) await sampled.callOnce()
    const kept = [...sampled.runtime.explanations()].length
    expect(kept).toBeGreaterThan(60)
    expect(kept).toBeLessThan(140)

    const off = new Bench({ orders: { timeout: '1s' } })
    off.up('a')
    await off.callOnce()
    expect([...off.runtime.explanations()]).toEqual([])
  })

  it('is asked for in the options of a runtime', async () => {
    await expect(createRuntime({ service: 'web', explain: { ratio: 2 } })).rejects.toThrow(
      'explain.ratio: 2 is not allowed',
    )
    const runtime = await createRuntime({ service: 'web', explain: true, policies: { version: 1 } })
    expect(runtime.explain('nobody-1')).toBeUndefined()
    await runtime.close()
  })

  it('explains a call that asks for it though none is drawn, and gives it away', async () => {
    const bench = new Bench({ orders: { timeout: '1s' } }, { explain: { ratio: 0, keep: 3 } })
    bench.up('a', answering(200, 10))
    const sink = { commit: () => {}, settle: () => {} }
    bench.runtime.start('orders', {}, { callKey: 5, explain: true }, sink)
    bench.runtime.start('orders', {}, { callKey: 6 }, sink)
    await bench.pass(100)
    expect(bench.runtime.takeExplanation('orders-6')).toBeUndefined()
    const taken = bench.runtime.takeExplanation('orders-5')
    expect(bench.runtime.explain('orders-5')).toBeUndefined()
    expect(taken?.().decisions.map(({ step }) => step)).toContain('sent')
    expect(taken?.().outcome).toMatchObject({ ending: 'ok', attempts: 1 })
  })
})

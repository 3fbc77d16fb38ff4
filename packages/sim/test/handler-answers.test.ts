import { describe, expect, it } from 'vitest'
import { type AppHandler, at, defineScenario, poisson, type SimulatedRun, service, simulate } from '../src/index.ts'

function answering(app: AppHandler): Promise<SimulatedRun> {
  return simulate(
    defineScenario({
      duration: '5s',
      topology: { shop: service({ app, calls: [] }) },
      workload: [poisson({ to: 'shop', rate: 50 })],
    }),
  )
}

describe('what a handler gives back', () => {
  it('is the body of a 200', async () => {
    expect((await answering(() => ({ items: 3 }))).metric('shop.goodput')).toBe(1)
    expect((await answering(() => undefined)).metric('shop.goodput')).toBe(1)
  })

  it('is the answer itself where it has a status: a failing one fails the call', async () => {
    const outcomes = async (status: number): Promise<unknown> => {
      const run = await answering(() => ({ status, body: 'x' }))
      const { ok, error, refused = 0 } = (run.edges['client>shop']?.outcomes ?? {}) as Record<string, number>
      return { ok: Number(ok) > 0, error: Number(error) > 0, refused: refused > 0 }
    }
    expect(await outcomes(204)).toEqual({ ok: true, error: false, refused: false })
    expect(await outcomes(500)).toEqual({ ok: false, error: true, refused: false })
    expect(await outcomes(503)).toEqual({ ok: false, error: false, refused: true })
  })
})

describe('simulate', () => {
  it('knows its options', async () => {
    const scenario = defineScenario({ topology: { a: service({}) }, workload: [poisson({ to: 'a', rate: 1 })] })
    await expect(simulate(scenario, { sed: 5 } as object)).rejects.toThrow(
      'sed: unknown option of simulate; did you mean seed?',
    )
  })

  it('measures the latency of failures without refusals', async () => {
    const run = await simulate(
      defineScenario({
        duration: '20s',
        policies: {
          version: 1,
          targets: { '*': { circuitBreaker: { minimumCalls: 5, openFor: '1s', maxOpenFor: '1s' } } },
        },
        topology: { shop: service({ work: '10ms', errorRate: 1 }) },
        workload: [poisson({ to: 'shop', rate: 50 })],
      }),
    )
    expect(run.services.shop?.rejected).toBeGreaterThan(0)
    expect(run.services.shop?.failedLatencyMs.p50).toBeGreaterThanOrEqual(11)
  })

  it('says nothing of a recovery when it was stopped before the fault', async () => {
    const controller = new AbortController()
    const run = await simulate(
      defineScenario({
        duration: '100h',
        topology: { shop: service({ work: '1ms' }) },
        workload: [poisson({ to: 'shop', rate: 50 })],
        faults: [at('99h').crash('shop#1', { restartAfter: '1s' })],
        thresholds: { 'shop.recovery': ['time<30s'] },
      }),
      { signal: controller.signal, onProgress: () => controller.abort() },
    )
    expect(run.interrupted).toBe(true)
    expect(run.thresholds[0]).toMatchObject({ value: null, ok: false })
  })
})

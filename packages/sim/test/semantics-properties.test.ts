// Properties and invariants: what holds, what is broken and told, and what is refused.
import { describe, expect, it } from 'vitest'
import {
  at,
  constantArrivalRate,
  type InvariantsData,
  invariants,
  type PropertiesData,
  type PropertyReport,
  poisson,
  type RunDocument,
  type ScenarioData,
  simulate,
} from '../src/index.ts'

const CRASHED: ScenarioData = {
  duration: '40s',
  warmup: '5s',
  network: { latency: 0 },
  topology: { api: { replicas: 2, work: '10ms' } },
  workload: [constantArrivalRate({ to: 'api', rate: 100, deadline: '1s' })],
  faults: [at('10s').crash('api', { restartAfter: '5s' })],
}

async function reports(
  properties: PropertiesData,
  change: Partial<ScenarioData> = {},
): Promise<readonly PropertyReport[]> {
  return (await simulate({ ...CRASHED, ...change, properties })).properties ?? []
}

async function broken(asked: InvariantsData, change: Partial<ScenarioData>): Promise<readonly PropertyReport[]> {
  const run: RunDocument = await simulate({ ...CRASHED, ...change, invariants: asked })
  expect(run.passed).toBe((run.properties ?? []).every(({ ok }) => ok))
  return (run.properties ?? []).filter(({ ok }) => !ok)
}

describe('always', () => {
  it('holds where every step does, and names the first that does not', async () => {
    const always = [
      'api.offered rate>=100',
      'api.goodput ratio>=0.5',
      'api.goodput ratio>=0.5 until 10s',
      'api.goodput ratio>=0.99 from 16s',
      'api.latency p(99)<=20ms',
    ]
    expect(await reports({ always })).toEqual([
      { kind: 'always', property: always[0], ok: true, value: null },
      {
        kind: 'always',
        property: always[1],
        ok: false,
        value: 0,
        atMs: 10_000,
        why: 'not in 5 of 35 steps',
      },
      { kind: 'always', property: always[2], ok: true, value: null },
      { kind: 'always', property: always[3], ok: true, value: null },
      { kind: 'always', property: always[4], ok: true, value: null },
    ])
  })

  it('does not hold where nothing was measured', async () => {
    const [one] = await reports(
      { always: ['idle.goodput ratio>=0.1'] },
      { topology: { api: { work: '10ms' }, idle: { work: '1ms' } } },
    )
    expect(one).toMatchObject({ ok: false, value: null, why: 'nothing was measured in any step' })
  })

  it('may be code over steps and their events', async () => {
    const holds = ({ value, events }: { value(metric: string): number | null; events: readonly { type: string }[] }) =>
      (value('api.goodput') ?? 1) > 0.5 || !events.some(({ type }) => type === 'faultBegan')
    const [one] = await reports({ always: [{ name: 'no fault is felt at once', holds }] })
    expect(one).toMatchObject({ property: 'no fault is felt at once', ok: false, atMs: 10_000 })
  })
})

describe('eventually', () => {
  it('is counted from the end of the last fault, or from an instant', async () => {
    const eventually = [
      'api.goodput ratio>=0.99 within 5s',
      'api.goodput ratio>=0.99 within 2s after 10s',
      'api.goodput ratio>=0.99 within 6s after 10s',
      'api.goodput ratio>=0.99 after faults',
      'api.offered rate>1000',
    ]
    const all = await reports({ eventually })
    expect(all.map(({ ok, value }) => [ok, value])).toEqual([
      [true, 0],
      [false, 5000],
      [true, 5000],
      [true, 0],
      [false, null],
    ])
  })
})

describe('sometimes', () => {
  it('is an event, of anybody or of one service, or a condition that one step fulfils', async () => {
    const policies = { version: 1, targets: { api: { circuitBreaker: { minimumCalls: 10 } } } }
    const sometimes = [
      'circuitOpened',
      'circuitOpened api',
      'circuitOpened web',
      'retryBudgetExhausted',
      'api.goodput ratio<0.1',
      'api.goodput ratio<0.1 from 20s',
    ]
    const topology = { api: { replicas: 2, work: '10ms' }, web: {} } as const
    const all = await reports({ sometimes }, { policies, topology })
    expect(all.map(({ ok }) => ok)).toEqual([true, true, false, false, true, false])
    expect(all[0]?.atMs).toBeGreaterThan(10_000)
    const [code] = await reports(
      { sometimes: [{ name: 'opened in time', holds: ({ type, atMs }) => type === 'circuitOpened' && atMs < 20_000 }] },
      { policies },
    )
    expect(code).toMatchObject({ property: 'opened in time', ok: true })
  })
})

describe('what can only be a slip is refused', () => {
  it.each<[PropertiesData | { invariants: unknown }, string]>([
    [
      { sometimes: ['circuitOpend'] },
      'properties.sometimes.0: "circuitOpend" is no event of a run; allowed: circuitOpened,',
    ],
    [
      { sometimes: ['circuitOpened apy'] },
      'properties.sometimes.0: "apy" is not in the topology; allowed: api; did you',
    ],
    [{ always: ['api.goodput'] }, 'properties.always.0: "api.goodput" is no property; written as'],
    [{ always: ['apy.goodput ratio>=1'] }, 'properties.always.0: "apy" is not in the scenario'],
    [{ always: ['api.recovery time<5s'] }, 'properties.always.0: recovery is counted over the whole run'],
    [{ always: ['api.goodput ratio>=0.9 within 1s'] }, 'properties.always.0: within goes with eventually'],
    [{ eventually: ['api.goodput ratio>=0.9 from 1s'] }, 'properties.eventually.0: from and until do not go with'],
    [{ eventually: ['api.goodput ratio>=0.9 within soon'] }, 'properties.eventually.0: within needs a length of time'],
    [{ eventually: ['api.goodput ratio>=0.9 after tea'] }, 'properties.eventually.0: "tea" is no instant'],
    [{ invariants: ['noCallToDeaf'] }, 'invariants.0: "noCallToDeaf" is no invariant'],
    [{ invariants: [{ conservation: 3 }] }, 'invariants.0.conservation: conservation takes nothing'],
    [{ invariants: ['deadline', 'deadline'] }, 'invariants.1: deadline is there twice'],
  ])('%j', async (given, message) => {
    const asked = 'invariants' in given ? given : { properties: given }
    await expect(simulate({ ...CRASHED, ...(asked as object) })).rejects.toThrow(message)
  })
})

describe('an invariant', () => {
  it('holds where the policies do their work: all of them, over a crash and an overload', async () => {
    const policies = {
      version: 1,
      targets: { api: { timeout: '500ms', retry: true, circuitBreaker: true, concurrency: { limit: 20 } } },
    }
    const run = await simulate({ ...CRASHED, policies, invariants: 'all' })
    expect((run.properties ?? []).filter(({ ok }) => !ok)).toEqual([])
    expect(run.properties?.map(({ property }) => property)).toContain('breakerTransitions')
    expect(run.passed).toBe(true)
  })

  it('changes nothing that it watches', async () => {
    const [bare, watched] = await Promise.all([simulate(CRASHED), simulate({ ...CRASHED, invariants: 'all' })])
    expect(watched.traceHash).toBe(bare.traceHash)
    expect(bare.properties).toBeUndefined()
  })

  it('retryBudget: retries without a budget', async () => {
    const policies = { version: 1, targets: { api: { retry: { maxAttempts: 5, budget: false } } } }
    const topology = { api: { work: '1ms', errorRate: 0.9 } } as const
    const [one, ...others] = await broken([invariants.retryBudget(0.1)], { policies, topology, faults: [] })
    expect(others).toEqual([])
    expect(one).toMatchObject({ kind: 'invariant', property: 'retryBudget 0.1', subject: 'api/client#1>api' })
    expect(one?.call).toMatch(/^client-\d+$/)
    expect(one?.why).toMatch(/^\d+ retries of \d+ calls; at most \d+$/)
    const budgeted = { version: 1, targets: { api: { retry: { maxAttempts: 5, budget: { ratio: 0.05 } } } } }
    expect(await broken(['retryBudget'], { policies: budgeted, topology, faults: [] })).toEqual([])
  })

  it('concurrencyLimit: a limiter that lets more in than it may', async () => {
    const policies = { version: 1, targets: { api: { concurrency: { limit: 6 } } } }
    const topology = { api: { work: '200ms' } } as const
    expect(await broken(['concurrencyLimit'], { policies, topology, faults: [] })).toEqual([])
    const [one] = await broken([invariants.concurrencyLimit(5)], { policies, topology, faults: [] })
    expect(one?.why).toBe('6 attempts under way; the limit is 5')
  })

  it('noCallToDead: who goes on calling a dead instance until its lease has run out', async () => {
    const faults = [at('10s').crash('api#1')]
    const [one] = await broken([invariants.noCallToDead('5s')], { faults })
    expect(one?.why).toMatch(/^sent to api#1, which has been dead for 5\.\d+s$/)
    expect(one?.atMs).toBeGreaterThan(15_000)
    expect(await broken(['noCallToDead'], { faults })).toEqual([])
  })

  it('noStarvation: an overloaded line that serves the newest first, whoever that is', async () => {
    const load = poisson({ to: 'api', rate: 150, priority: { critical: 1, sheddable: 3 } })
    const line = (discipline: 'lifo' | 'priority'): Partial<ScenarioData> => ({
      topology: { api: { concurrency: 1, work: '10ms', discipline } },
      workload: [load],
      faults: [],
    })
    const [one] = await broken([invariants.noStarvation('1s')], line('lifo'))
    expect(one).toMatchObject({ subject: 'api#1', property: 'noStarvation 1s' })
    expect(one?.why).toMatch(/^a call of class critical has waited 1/)
    expect(await broken([invariants.noStarvation('1s')], line('priority'))).toEqual([])
  })

  it('recovery: what never comes back', async () => {
    const [one] = await broken([invariants.recovery('10s')], { faults: [at('10s').crash('api')] })
    expect(one).toMatchObject({ subject: 'api', why: 'its goodput did not recover' })
  })
})

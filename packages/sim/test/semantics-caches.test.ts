// A cache of an operation: what is in it follows from the keys of the calls. Times are exact: no network delay, fixed
// arrivals, fixed work.
import { describe, expect, it } from 'vitest'
import {
  at,
  type CacheData,
  constantArrivalRate,
  type RunDocument,
  type ScenarioData,
  type ServiceData,
  service,
  simulate,
} from '../src/index.ts'

/** `db` behind `api`, which remembers; calls for `a`, 100 ms apart. */
function api(cache: CacheData, rest: Partial<ScenarioData> = {}, own: ServiceData = {}): Promise<RunDocument> {
  return simulate({
    duration: '2s',
    network: { latency: 0 },
    topology: { api: service({ work: '5ms', calls: ['db'], cache, ...own }), db: service({ work: '50ms' }) },
    workload: [constantArrivalRate({ to: 'api', rate: 10, until: '1s', key: 'a' })],
    ...rest,
  })
}

const cacheOf = (run: RunDocument, name = 'api') => run.services[name]?.server.cache

describe('a cache', () => {
  it('answers what it has with the work of a hit and nothing else', async () => {
    const run = await api({ size: 10, hit: '1ms' })
    expect(cacheOf(run)).toEqual({ hits: 9, misses: 1 })
    expect(run.services.db?.offered).toBe(1)
    expect(run.services.api?.latencyMs).toMatchObject({ max: 55, mean: (55 + 9) / 10 })
  })

  it('forgets the key not asked for the longest', async () => {
    const run = async (size: number) =>
      cacheOf(
        await api(
          { size },
          {
            workload: [
              // a b a c a b, over and over: with two places b and c put each other out, and a stays.
              constantArrivalRate({ name: 'a', to: 'api', rate: 10, until: '1s', key: 'a' }),
              constantArrivalRate({ name: 'b', to: 'api', rate: 5, from: '70ms', until: '1s', key: 'b' }),
              constantArrivalRate({ name: 'c', to: 'api', rate: 5, from: '170ms', until: '1s', key: 'c' }),
            ],
          },
        ),
      )
    expect(await run(2)).toEqual({ hits: 9, misses: 11 })
    expect(await run(3)).toEqual({ hits: 17, misses: 3 })
  })

  it('forgets what is older than ttl', async () => {
    // In at 55, so gone at 305: those at 100 and 200 and 300 find it, the one at 400 does not.
    const run = await api({ size: 10, ttl: '250ms' })
    expect(cacheOf(run)).toEqual({ hits: 7, misses: 3 })
  })

  it('is of its instance, and goes with it', async () => {
    const twice = await api({ size: 10 }, {}, { replicas: 2 })
    expect(cacheOf(twice)).toEqual({ hits: 8, misses: 2 })
    const crashed = await api({ size: 10 }, { faults: [at('450ms').crash('api', { restartAfter: '10ms' })] })
    expect(cacheOf(crashed)).toEqual({ hits: 8, misses: 2 })
  })

  it('is emptied by flush', async () => {
    const run = await api({ size: 10 }, { faults: [at('450ms').flush('api')] })
    expect(cacheOf(run)).toEqual({ hits: 8, misses: 2 })
    expect(run.events$.filter(({ fault }) => fault === 'flush api').map(({ atMs }) => atMs)).toEqual([450, 450])
  })

  it('keeps no failure', async () => {
    const run = await api({ size: 10 }, { faults: [at('0s').error('db', { for: '350ms' })] })
    expect(cacheOf(run)).toEqual({ hits: 5, misses: 5 })
    expect(run.services.api).toMatchObject({ failed: 4, succeeded: 6 })
  })

  it('does not know what has no key', async () => {
    const run = await api({ size: 10 }, { workload: [constantArrivalRate({ to: 'api', rate: 10, until: '1s' })] })
    expect(cacheOf(run)).toBeUndefined()
    expect(run.services.db?.offered).toBe(10)
  })

  it('that is shared is a service of its own: the key comes down with the calls, and routes none of them', async () => {
    const run = await api(
      { size: 10 },
      {
        topology: {
          api: service({ replicas: 4, calls: ['cache'] }),
          cache: service({ cache: { size: 10 }, calls: ['db'] }),
          db: service({ work: '50ms' }),
        },
        policies: { version: 1, targets: { cache: { loadBalancing: 'ring-hash' } } },
      },
    )
    expect(cacheOf(run, 'cache')).toEqual({ hits: 9, misses: 1 })
  })

  it('is warm where it is said: the first keys, whole or in part', async () => {
    const run = async (warm: CacheData['warm']) =>
      cacheOf(
        await api(warm === undefined ? { size: 100 } : { size: 100, warm }, {
          workload: [constantArrivalRate({ to: 'api', rate: 1000, until: '1s', key: { uniform: { keys: 100 } } })],
        }),
      )
    expect(await run(true)).toEqual({ hits: 1000, misses: 0 })
    expect((await run('50%'))?.misses).toBeGreaterThan(50)
    expect((await run('50%'))?.misses).toBeLessThan((await run(undefined))?.misses ?? 0)
  })

  it('that is warm runs out key by key', async () => {
    const run = await api(
      { size: 100, warm: true, ttl: '10s' },
      {
        duration: '10s',
        workload: [constantArrivalRate({ to: 'api', rate: 100, key: { uniform: { keys: 100 } } })],
      },
    )
    const misses = cacheOf(run)?.misses ?? 0
    expect(misses).toBeGreaterThan(90)
    expect(run.services.db?.server.present).toBeLessThan(2)
  })

  it('fetches once for all who wait, where it is told to', async () => {
    const burst = { workload: [constantArrivalRate({ to: 'api', rate: 1000, until: 20, key: 'a' })] }
    const each = await api({ size: 10, hit: '1ms' }, burst)
    expect([each.services.db?.offered, cacheOf(each)?.misses]).toEqual([20, 20])
    const once = await api({ size: 10, hit: '1ms', coalesce: true }, burst)
    expect([once.services.db?.offered, cacheOf(once)?.misses]).toEqual([1, 20])
    // The first has its answer at 55; the one that came at 1 has it at 56, with the work of a hit.
    expect(once.services.api?.latencyMs.max).toBe(55)
    const failed = await api({ size: 10, coalesce: true }, { ...burst, faults: [at('0s').error('db')] })
    expect(failed.services.api).toMatchObject({ failed: 20 })
  })

  it('has another fetch where whoever fetched was called off', async () => {
    const run = await api(
      { size: 10, coalesce: true },
      {
        workload: [
          constantArrivalRate({
            name: 'hasty',
            to: 'api',
            rate: 1000,
            until: 1,
            key: 'a',
            deadline: '20ms',
            impatient: true,
          }),
          constantArrivalRate({ to: 'api', rate: 1000, from: 10, until: 15, key: 'a' }),
        ],
      },
      { work: '50ms', calls: [], onCancel: 'abort', concurrency: 10, holdWorkerDuringCalls: false },
    )
    expect(run.workload.api).toMatchObject({ offered: 5, succeeded: 5 })
    // The first of them began anew when it was: at 20. The others have what it got.
    expect(run.workload.api?.latencyMs.max).toBe(60)
    expect(run.services.api?.server.utilization).toBeCloseTo((20 + 50) / 2000 / 10, 6)
  })
})

import { describe, expect, test } from 'vitest'
import { fitTopology } from './fit-topology.ts'
import type { TraceSpan } from './trace-span.ts'

type Given = Partial<TraceSpan> & Pick<TraceSpan, 'spanId'>

/** A span of `a` from 0 to 100 ms, but for what is given; `service/operation` as one word. */
function span({ spanId, ...given }: Given): TraceSpan {
  return {
    traceId: 't',
    spanId,
    parentId: undefined,
    isFollower: false,
    service: 'a',
    instance: undefined,
    operation: 'op',
    kind: undefined,
    peer: undefined,
    isError: false,
    startMs: 0,
    durationMs: 100,
    ...given,
  }
}
const imported = (...spans: Given[]) => fitTopology({ spans: spans.map(span), remarks: [] }, 'x.json')

/** `n` traces of the same spans, each made for its number. */
function repeated(n: number, trace: (i: number) => readonly Given[]): Given[] {
  return Array.from({ length: n }, (_, i) => trace(i).map((one) => ({ ...one, traceId: `t${i}` }))).flat()
}

describe('what a request is', () => {
  test('a single span is a service that works', () => {
    const { topology, entries, latency } = imported({ spanId: '1' })
    expect(topology).toEqual({ a: { replicas: 1, methods: { op: { work: '100ms' } } } })
    expect(entries).toEqual([{ service: 'a/op', share: 1 }])
    expect(latency).toBe('0us')
  })

  test('spans inside of a service are its own work; without references each is a request', () => {
    const inner = { spanId: '2', parentId: '1', operation: 'inner', startMs: 10, durationMs: 30 }
    expect(Object.keys(imported({ spanId: '1' }, inner).topology.a?.methods ?? {})).toEqual(['op'])
    const { parentId: _, ...alone } = inner
    expect(imported({ spanId: '1' }, alone).entries).toEqual([
      { service: 'a/op', share: 1 },
      { service: 'a/inner', share: 1 },
    ])
  })

  test('a server span below a client span is a call, also to the same service: a circle, which maxDepth bounds', () => {
    const { topology, maxDepth } = imported(
      { spanId: '1', kind: 'server' },
      { spanId: '2', parentId: '1', kind: 'client', startMs: 10, durationMs: 50 },
      { spanId: '3', parentId: '2', kind: 'server', startMs: 15, durationMs: 40 },
      { spanId: '4', parentId: '3', kind: 'server', startMs: 15, durationMs: 40 },
    )
    expect(topology.a?.methods?.op).toMatchObject({ steps: [{}, { call: 'a/op', probability: 0.5 }] })
    expect(maxDepth).toBe(20)
  })

  test('a client span alone names whom it called', () => {
    const call = {
      spanId: '2',
      parentId: '1',
      kind: 'client',
      peer: 'my db',
      operation: 'SELECT',
      durationMs: 40,
    } as const
    const { topology, warnings, guessed } = imported({ spanId: '1' }, call)
    expect(topology).toMatchObject({
      a: { methods: { op: { work: '60ms', calls: ['my-db/SELECT'] } } },
      'my-db': { methods: { SELECT: { work: '40ms' } } },
    })
    expect(warnings).toEqual(['x.json: service "my db" is called my-db here'])
    expect(guessed.join()).toContain('my db: known from their callers’ spans only')
  })

  test('ids in the names of operations become one operation', () => {
    const spans = repeated(60, (i) => [{ spanId: '1', operation: `GET /users/${i}` }])
    const { topology, warnings } = imported(...spans)
    expect(Object.keys(topology.a?.methods ?? {})).toEqual(['GET /users/*'])
    expect(warnings).toEqual(['x.json: a: 60 operations are taken as 1; ids in paths became *'])
  })
})

describe('what does not fit together is told', () => {
  test('two roots are two entries, by their share', () => {
    const spans = repeated(4, (i) => [{ spanId: '1', operation: i === 0 ? 'rare' : 'usual' }])
    expect(imported(...spans).entries).toEqual([
      { service: 'a/rare', share: 1 },
      { service: 'a/usual', share: 3 },
    ])
  })

  test('a parent that is not in the file: an entry, unless the operation is called elsewhere', () => {
    const { entries, warnings } = imported(
      { spanId: '1', parentId: 'gone' },
      { spanId: '2', parentId: '1', service: 'b', startMs: 10, durationMs: 50 },
      { spanId: '3', parentId: 'gone, too', service: 'b' },
    )
    expect(entries).toEqual([{ service: 'a/op', share: 1 }])
    expect(warnings).toEqual([
      'x.json: 2 spans name parents that are not in the file',
      'x.json: 1 request without its caller is of an operation called elsewhere; it is no load',
    ])
  })

  test('spans that are their own ancestors, and spans that are there twice', () => {
    const { entries, warnings } = imported(
      { spanId: '1', parentId: '2' },
      { spanId: '2', parentId: '1', service: 'b' },
      { spanId: '2', parentId: '1', service: 'b' },
    )
    expect(entries).toHaveLength(1)
    expect(warnings[0]).toBe('x.json: 1 span is there twice and counts once')
    expect(warnings[1]).toBe('x.json: 2 spans are their own ancestors; each such circle begins anew')
  })

  test.each([
    ['FOLLOWS_FROM', { isFollower: true, startMs: 10 }],
    ['a message', { kind: 'consumer', startMs: 10 }],
    ['longer than its caller', { startMs: 10, durationMs: 500 }],
  ] as const)('nobody waits for it (%s): it enters on its own', (_, change) => {
    const { topology, entries, warnings } = imported(
      { spanId: '1' },
      { spanId: '2', parentId: '1', service: 'b', ...change },
    )
    expect(topology.a?.methods?.op).toEqual({ work: '100ms' })
    expect(entries.map(({ service }) => service)).toContain('b/op')
    expect(warnings).toEqual(['x.json: a>b is called once without waiting; such calls enter on their own'])
  })
})

describe('calls, in order and in parallel', () => {
  const called = (spanId: string, service: string, startMs: number, durationMs: number): Given => ({
    spanId,
    parentId: '1',
    service,
    startMs,
    durationMs,
  })

  test('overlapping ones are parallel, the others follow; work is what is left', () => {
    const { topology } = imported(
      { spanId: '1' },
      called('2', 'first', 5, 20),
      called('3', 'left', 30, 30),
      called('4', 'right', 35, 40),
      called('5', 'last', 80, 10),
    )
    expect(topology.a?.methods?.op).toEqual({
      steps: [{ work: '30ms' }, { call: 'first/op' }, [{ call: 'left/op' }, { call: 'right/op' }], { call: 'last/op' }],
    })
  })

  test('a long call beside two that follow each other does not make those parallel', () => {
    const spans = [{ spanId: '1' }, called('2', 'long', 5, 90), called('3', 'b', 10, 20), called('4', 'c', 50, 20)]
    const steps = imported(...spans).topology.a?.methods?.op?.steps
    expect(steps?.slice(-2)).toEqual([[{ call: 'long/op' }, { call: 'b/op' }], { call: 'c/op' }])
  })

  test('the n-th call has a probability of its own; a call made now and then has its share', () => {
    const spans = repeated(10, (i) => [
      { spanId: '1' },
      called('2', 'b', 10, 10),
      ...(i < 4 ? [called('3', 'b', 30, 10)] : []),
      ...(i < 3 ? [called('4', 'c', 50, 10)] : []),
    ])
    expect(imported(...spans).topology.a?.methods?.op?.steps?.slice(1)).toEqual([
      { call: 'b/op' },
      { call: 'b/op', probability: 0.4 },
      { call: 'c/op', probability: 0.3 },
    ])
  })
})

describe('the network and the clocks', () => {
  const call = (aheadMs: number): Given[] => [
    { spanId: '1' },
    { spanId: '2', parentId: '1', kind: 'client', startMs: 10, durationMs: 50 },
    { spanId: '3', parentId: '2', kind: 'server', service: 'b', startMs: 15 + aheadMs, durationMs: 40 },
    { spanId: '4', parentId: '3', service: 'c', startMs: 25 + aheadMs, durationMs: 20 },
  ]

  test('the way is half of what the client span is longer; nobody is charged twice for it', () => {
    const { topology, latency } = imported(...call(0))
    expect(latency).toBe('5ms')
    expect(topology.a?.methods?.op).toEqual({ work: '50ms', calls: ['b/op'] })
  })

  test('a clock that is an hour ahead changes nothing, with all below it', () => {
    const [right, wrong] = [imported(...call(0)), imported(...call(3_600_000))]
    expect(wrong.topology).toEqual(right.topology)
    expect(wrong.latency).toBe(right.latency)
    expect(wrong.warnings).toEqual([
      'x.json: 1 span was moved to the middle of the caller’s: the clocks of the two sides differ',
    ])
  })

  test('what an edge takes beyond the others is its caller’s work', () => {
    const far = repeated(4, (i) => {
      const name = `b${i}`
      const slow = i === 3 ? 30 : 2
      return [
        { spanId: '1', operation: name },
        { spanId: '2', parentId: '1', kind: 'client', startMs: 10, durationMs: 20 + slow },
        { spanId: '3', parentId: '2', kind: 'server', service: name, startMs: 11, durationMs: 20 },
      ]
    })
    const { topology, latency } = imported(...far)
    expect(latency).toBe('1ms')
    expect([topology.a?.methods?.b0?.work, topology.a?.methods?.b3?.work]).toEqual(['78ms', '78ms'])
  })
})

describe('errors', () => {
  /** In `n` of ten requests the callee fails; `both` says whether its caller does then. */
  const failing = (n: number, both: boolean, own = 0): Given[] =>
    repeated(10, (i) => [
      { spanId: '1', isError: (both && i < n) || i >= 10 - own },
      { spanId: '2', parentId: '1', service: 'b', startMs: 10, durationMs: 20, isError: i < n },
      ...(both && i < n ? [] : [{ spanId: '3', parentId: '1', service: 'c', startMs: 50, durationMs: 20 }]),
    ])

  test('of a service itself: not those it was given', () => {
    const { topology } = imported(...failing(2, true, 4))
    expect(topology.b?.methods?.op?.errorRate).toBe(0.2)
    // Eight requests got that far; four of them failed of their own.
    expect(topology.a?.methods?.op?.errorRate).toBe(0.5)
  })

  test('a call that is not made after a failure is made always, where it is reached', () => {
    expect(imported(...failing(2, true)).topology.a?.methods?.op).toMatchObject({ calls: ['b/op', 'c/op'] })
  })

  test('a call whose failure its caller survives is optional', () => {
    const { topology } = imported(...failing(2, false))
    expect(topology.a?.methods?.op?.steps?.slice(1)).toEqual([{ call: 'b/op', optional: true }, { call: 'c/op' }])
  })
})

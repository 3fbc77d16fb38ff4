import { describe, expect, test } from 'vitest'
import { ForeignFields } from './foreign-fields.ts'
import { isJaegerDependencies, readJaegerDependencies } from './jaeger-dependencies.ts'

const fields = new ForeignFields('x.json', undefined)
const edges = (...given: [string, string, unknown][]) =>
  given.map(([parent, child, callCount]) => ({ parent, child, callCount }))
const read = (...given: [string, string, unknown][]) => readJaegerDependencies(edges(...given), fields)
const WORK = { exponential: { mean: '5ms' } }

describe('calls a request', () => {
  test('callCount over the requests into the parent: the whole part always, the rest by chance', () => {
    const { topology, entries, maxDepth } = read(['a', 'b', 100], ['b', 'c', 230], ['a', 'd', 25])
    expect(topology).toEqual({
      a: { replicas: 2, steps: [{ work: WORK }, { call: 'b' }, { call: 'd', probability: 0.25 }] },
      b: { replicas: 2, steps: [{ work: WORK }, { call: 'c' }, { call: 'c' }, { call: 'c', probability: 0.3 }] },
      c: { replicas: 2, work: WORK },
      d: { replicas: 2, work: WORK },
    })
    expect(entries).toEqual([{ service: 'a', share: 100 }])
    expect(maxDepth).toBe(20)
  })

  test('above ten, load enters at the parent', () => {
    const { topology, entries, warnings } = read(['a', 'b', 10], ['b', 'c', 500], ['b', 'd', 25])
    // Fifty requests into b explain 500 calls of c: ten of them come from a.
    expect(topology.b?.steps?.filter((step) => 'call' in step && step.call === 'c')).toHaveLength(10)
    expect(topology.b?.steps?.at(-1)).toEqual({ call: 'd', probability: 0.5 })
    expect(entries).toEqual([
      { service: 'a', share: 10 },
      { service: 'b', share: 40 },
    ])
    expect(warnings).toEqual(['x.json: b: more than 10 calls of one kind for each request; the surplus enters there'])
  })

  test('several roots enter by their share; the same edge twice counts together; one without calls is none', () => {
    const { topology, entries } = read(['a', 'c', 10], ['b', 'c', 20], ['b', 'c', '10'], ['c', 'd', 0])
    expect(entries).toEqual([
      { service: 'a', share: 10 },
      { service: 'b', share: 30 },
    ])
    expect(topology.c).toEqual({ replicas: 2, work: WORK })
    expect(Object.keys(topology)).toEqual(['a', 'c', 'b', 'd'])
  })
})

describe('circles', () => {
  test('below a root they are kept', () => {
    const { topology, entries, inferred } = read(['a', 'b', 10], ['b', 'c', 20], ['c', 'b', 10])
    expect(entries).toEqual([{ service: 'a', share: 10 }])
    expect(topology.c?.steps?.at(-1)).toEqual({ call: 'b', probability: 0.5 })
    expect(inferred).toContain('2 services are in circles of calls.')
  })

  test.each([
    // Forty come back of a hundred: sixty enter.
    [
      'where most is missing',
      [
        ['b', 'a', 40],
        ['a', 'b', 100],
      ],
      [{ service: 'a', share: 60 }],
    ],
    [
      'at the first, where nothing is',
      [
        ['a', 'b', 100],
        ['b', 'a', 100],
      ],
      [{ service: 'a', share: 100 }],
    ],
    [
      'of a service that calls itself',
      [
        ['a', 'a', 50],
        ['a', 'b', 100],
      ],
      [{ service: 'a', share: 50 }],
    ],
  ] as const)('that nobody calls from outside, load enters %s', (_, given, expected) => {
    expect(read(...(given as unknown as [string, string, number][])).entries).toEqual(expected)
  })
})

describe('the file', () => {
  test('is told by its content, also under data', () => {
    const list = edges(['a', 'b', 1])
    expect([list, { data: list }].map(isJaegerDependencies)).toEqual([true, true])
    expect([[], { data: [] }, {}, [{ spans: [] }]].some(isJaegerDependencies)).toBe(false)
    expect(readJaegerDependencies({ data: list, total: 1 }, fields).entries).toHaveLength(1)
  })

  test('names that cannot be are changed, and told', () => {
    const { topology, warnings } = read(['a/b', '42', 1])
    expect(topology).toMatchObject({ 'a-b': { calls: ['s42'] } })
    expect(warnings).toEqual(['x.json: service "a/b" is called a-b here', 'x.json: service "42" is called s42 here'])
  })

  test.each([
    [['a', 'b', -1], '0.callCount: -1 is not allowed; a whole number of calls, not negative (x.json)'],
    [['a', 'b', 1.5], '0.callCount: 1.5 is not allowed'],
    [['a', 'b', undefined], '0.callCount: is missing'],
    [['', 'b', 1], '0.parent: "" is not allowed; the name of a service'],
    [['a', 'b', 0], 'no edge has calls'],
  ] as [[string, string, unknown], string][])('refuses %j', (edge, message) => {
    expect(() => read(edge)).toThrow(message)
  })
})

import type { Instance } from '@seakeep/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RegistryAnswerError } from './consul-errors.ts'
import { LEAVING, readHealthAnswer } from './health-answer.ts'
import { registrationOf } from './instance-record.ts'

const RECORD = { tags: [], deregisterAfterMs: 600_000 }

function instance(id: string, more: Partial<Instance> = {}): Instance {
  return { id, service: 'orders', address: { host: '10.0.0.1', port: 80 }, protocol: 'http', weight: 1, ...more }
}

/** What Consul answers for an instance that was registered. */
function entryOf(one: Instance, ...checks: object[]): Record<string, unknown> {
  const written = JSON.parse(JSON.stringify(registrationOf(one, 15_000, RECORD)))
  const { ID, Name, Address, Port, Tags, Meta, Weights } = written
  return {
    Node: { Node: 'n1', Address: '10.0.0.9' },
    Service: { ID, Service: Name, Address, Port, Tags, Meta, Weights },
    Checks: [{ CheckID: 'serfHealth', Status: 'passing', Output: '' }, ...checks],
  }
}

const read = (...entries: unknown[]) => readHealthAnswer('orders', entries, 'http')
const lease = (Status: string, Output = '') => ({ CheckID: 'service:x', Status, Output })

describe('judging', () => {
  it('takes passing and warning ones, in the order of their ids', () => {
    const answer = read(entryOf(instance('b'), lease('warning')), entryOf(instance('a'), lease('passing')))
    expect(answer.instances.map(({ id }) => id)).toEqual(['a', 'b'])
    expect([...answer.left]).toEqual([])
  })

  it('3c 29: tells a goodbye from a lease that ran out and from a lost agent', () => {
    const answer = read(
      entryOf(instance('goodbye'), lease('critical', LEAVING)),
      entryOf(instance('expired'), lease('critical', 'TTL expired')),
      entryOf(instance('lost'), { CheckID: 'serfHealth', Status: 'critical', Output: 'Agent not live' }),
      entryOf(instance('mended'), { CheckID: '_service_maintenance:x', Status: 'critical', Output: '' }),
      entryOf(instance('rack'), { CheckID: '_node_maintenance', Status: 'critical', Output: '' }),
    )
    expect(answer.instances).toEqual([])
    expect([...answer.left].sort()).toEqual(['goodbye', 'mended', 'rack'])
    expect([answer.isEmpty, answer.problems]).toEqual([false, []])
  })

  it('takes who moved to another agent for there, though the old one says goodbye', () => {
    const answer = read(entryOf(instance('a'), lease('critical', LEAVING)), entryOf(instance('a'), lease('passing')))
    expect(answer.instances.length).toBe(1)
    expect([...answer.left]).toEqual([])
  })
})

describe('instances', () => {
  const text = fc.string({ unit: 'binary', maxLength: 100 }).filter((some) => some.isWellFormed())
  const key = fc.stringMatching(/^[A-Za-z0-9_-]{1,128}$/).filter((some) => !/^(seakeep|consul)-/.test(some))
  const instances = fc.record(
    {
      id: text.filter((some) => some !== ''),
      service: fc.constant('orders'),
      address: fc.record({ host: text.filter((some) => some !== ''), port: fc.integer({ min: 1, max: 65_535 }) }),
      protocol: text,
      weight: fc.double({ min: 0, max: Number.MAX_VALUE, noNaN: true }).map(Math.abs),
      zone: text,
      version: text,
      meta: fc.dictionary(key, text, { minKeys: 1, maxKeys: 59 }),
    },
    { requiredKeys: ['id', 'service', 'address', 'protocol', 'weight'] },
  )

  it('come back as they were written', () => {
    fc.assert(
      fc.property(instances, (one) => {
        const answer = read(JSON.parse(JSON.stringify(entryOf(one as Instance))))
        expect(answer.problems).toEqual([])
        const [back] = answer.instances
        const { meta, ...rest } = back!
        const { meta: written, ...others } = one
        expect(rest).toEqual(others)
        expect(Object.entries(meta ?? {}).sort()).toEqual(Object.entries(written ?? {}).sort())
      }),
    )
  })

  it('come with the weight they have where Consul knows only whole ones from 1', () => {
    for (const weight of [0, 0.5, 2.5, 1e9, Number.MIN_VALUE]) {
      expect(read(entryOf(instance('a', { weight }))).instances[0]?.weight).toBe(weight)
    }
  })

  it('of two agents under one id of theirs are two', () => {
    const foreign = (Node: string) => ({ Node: { Node, Address: '10.0.0.9' }, Service: { ID: 'redis', Port: 6379 } })
    const answer = read(foreign('n2'), foreign('n1'))
    expect(answer.instances).toMatchObject([
      { id: 'n1/redis', weight: 1, address: { host: '10.0.0.9', port: 6379 } },
      { id: 'n2/redis' },
    ])
  })
})

describe('answers that are wrong', () => {
  const path = (entry: unknown): string => read(entryOf(instance('good')), entry).problems[0]?.path ?? 'no problem'

  it('are told by the path of the field', () => {
    const entry = (more: object) => ({ ...entryOf(instance('a')), ...more })
    const service = (more: object) => entry({ Service: { ID: 'a', Address: 'h', Port: 1, ...more } })
    expect(path(null)).toBe('[1]')
    expect(path(entry({ Service: undefined }))).toBe('[1].Service')
    expect(path(entry({ Checks: {} }))).toBe('[1].Checks')
    expect(path(entry({ Checks: [{ Status: 'fine' }] }))).toBe('[1].Checks[0].Status')
    expect(path(service({ Port: 0 }))).toBe('[1].Service.Port')
    expect(path(service({ Meta: { a: 1 } }))).toBe('[1].Service.Meta.a')
    expect(path(service({ Meta: { 'seakeep-id': 'a', 'seakeep-weight': '-1' } }))).toBe(
      '[1].Service.Meta.seakeep-weight',
    )
    expect(path(service({ Weights: { Passing: 'x' } }))).toBe('[1].Service.Weights.Passing')
    expect(path({ Service: { ID: 'a', Address: 'h', Port: 1 } })).toBe('[1].Node')
    expect(() => read(null)).toThrow(RegistryAnswerError)
  })

  it('leave what is `__proto__` a key as any other', () => {
    const meta = JSON.parse('{ "__proto__": "x", "constructor": "y" }')
    const entry = { Node: { Node: 'n', Address: 'h' }, Service: { ID: 'a', Port: 1, Meta: meta } }
    const [one] = read(entry).instances
    expect(Object.entries(one?.meta ?? {})).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ])
  })

  it('never throw anything but a RegistryAnswerError', () => {
    const understand = (answer: unknown): void => {
      try {
        const { instances } = readHealthAnswer('orders', answer, 'http')
        for (const { id, weight, address } of instances) {
          expect(typeof id).toBe('string')
          expect(weight).toBeGreaterThanOrEqual(0)
          expect(address.port).toBeGreaterThan(0)
        }
      } catch (error) {
        if (!(error instanceof RegistryAnswerError)) throw error
      }
    }
    fc.assert(fc.property(fc.jsonValue(), understand))
    // Good answers with one value somewhere replaced by another.
    const spoiled = fc.tuple(fc.nat(), fc.jsonValue()).map(([at, value]) => {
      let count = 0
      const good = [entryOf(instance('a', { meta: { x: '1' } }), lease('passing')), entryOf(instance('b'))]
      return JSON.parse(JSON.stringify(good), (_key, old) => (count++ === at % 60 ? value : old))
    })
    fc.assert(fc.property(spoiled, understand), { numRuns: 500 })
  })
})

import { Buffer } from 'node:buffer'
import type { Instance } from '@seakeep/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { instanceValue, MalformedValueError, readInstance } from './instance-value.ts'

const KEY = 'seakeep/services/orders/a'
const FULL = {
  id: 'orders#3',
  service: 'orders',
  address: { host: '10.0.0.7', port: 8080 },
  protocol: 'http',
  weight: 0.5,
  zone: 'z1',
  version: '1.2',
  meta: { team: 'north' },
}
const read = (value: unknown) => readInstance(Buffer.from(JSON.stringify(value)), KEY)

describe('the value of an instance', () => {
  const name = fc.string({ minLength: 1 })
  const instances: fc.Arbitrary<Instance> = fc.record(
    {
      id: name,
      service: name,
      address: fc.record({ host: name, port: fc.integer({ min: 1, max: 65_535 }) }),
      protocol: name,
      weight: fc.double({ min: 0, max: 1e9, noNaN: true }).map((weight) => weight + 0),
      zone: name,
      version: name,
      meta: fc.dictionary(fc.string(), fc.string()),
    },
    { requiredKeys: ['id', 'service', 'address', 'protocol', 'weight'] },
  ) as fc.Arbitrary<Instance>

  it('is read as it was written', () => {
    fc.assert(
      fc.property(instances, fc.boolean(), (instance, isLeaving) => {
        const { meta, ...rest } = instance
        const back = readInstance(instanceValue(instance, KEY, isLeaving), KEY)
        expect(back.isLeaving).toBe(isLeaving)
        const { meta: readMeta, ...readRest } = back.instance
        expect(readRest).toStrictEqual(JSON.parse(JSON.stringify(rest)))
        expect(readMeta && Object.entries(readMeta)).toEqual(meta && Object.entries(meta))
      }),
    )
  })

  it('passes over fields that a later version may have', () => {
    expect(read({ ...FULL, colour: 'red', address: { ...FULL.address, family: 6 } }).instance).toEqual(FULL)
  })

  it('names the path of what cannot be used', () => {
    const wrong: [object, string][] = [
      [{ id: undefined }, 'id'],
      [{ id: '' }, 'id'],
      [{ service: 7 }, 'service'],
      [{ address: 'host:80' }, 'address'],
      [{ address: { host: 'a' } }, 'address.port'],
      [{ address: { host: 'a', port: '80' } }, 'address.port'],
      [{ address: { host: 'a', port: 0 } }, 'address.port'],
      [{ address: { host: 'a', port: 65_536 } }, 'address.port'],
      [{ address: { host: 'a', port: 1.5 } }, 'address.port'],
      [{ address: { host: null, port: 80 } }, 'address.host'],
      [{ protocol: [] }, 'protocol'],
      [{ weight: -1 }, 'weight'],
      [{ weight: null }, 'weight'],
      [{ zone: {} }, 'zone'],
      [{ version: 2 }, 'version'],
      [{ meta: ['a'] }, 'meta'],
      [{ meta: { a: 1 } }, 'meta.a'],
      [{ leaving: 'yes' }, 'leaving'],
    ]
    for (const [change, path] of wrong) {
      const thrown = caught(() => read({ ...FULL, ...change }))
      expect(thrown).toBeInstanceOf(MalformedValueError)
      expect(thrown).toMatchObject({ key: KEY, path })
      expect(thrown.message).toContain(`${KEY}: ${path}: `)
    }
    for (const whole of [null, 7, 'x', [FULL]]) expect(caught(() => read(whole))).toMatchObject({ path: '' })
  })

  it('is not read beyond 256 KiB, and not written either', () => {
    const fat = { ...FULL, meta: { note: 'x'.repeat(10_000_000) } }
    expect(caught(() => read(fat)).message).toMatch(/: 100\d{5} bytes; at most 262144 are read/)
    expect(caught(() => instanceValue(fat, KEY))).toBeInstanceOf(MalformedValueError)
    expect(caught(() => instanceValue({ ...FULL, weight: Number.NaN }, KEY))).toMatchObject({ path: 'weight' })
  })

  it('whatever the bytes: an instance or that error, and nothing else', () => {
    const good = Buffer.from(JSON.stringify(FULL))
    const cut = fc.nat(good.length).map((at) => good.subarray(0, at))
    const flipped = fc.tuple(fc.nat(good.length - 1), fc.nat(255)).map(([at, byte]) => {
      const copy = Buffer.from(good)
      copy[at] = byte
      return copy
    })
    const json = fc.json().map((text) => Buffer.from(text))
    const mixed = fc
      .tuple(fc.constantFrom(...Object.keys(FULL)), fc.jsonValue())
      .map(([field, value]) => Buffer.from(JSON.stringify({ ...FULL, [field]: value })))
    const bytes = fc.uint8Array().map((array) => Buffer.from(array))
    fc.assert(
      fc.property(fc.oneof(cut, flipped, json, mixed, bytes), (value) => {
        try {
          const { instance } = readInstance(value, KEY)
          expect(typeof instance.id).toBe('string')
          expect(instance.address.port).toBeGreaterThan(0)
          expect(Object.values(instance.meta ?? {}).every((entry) => typeof entry === 'string')).toBe(true)
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedValueError)
        }
      }),
      { numRuns: 1000 },
    )
  })
})

function caught(run: () => unknown): Error {
  try {
    run()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}

import { describe, expect, it } from 'vitest'
import { listOf, mapOf } from './collections.ts'
import { type Field, optional, refined } from './field.ts'
import { fragment, layer, orFalse } from './layer.ts'
import { rootPlace } from './place.ts'
import { duration, integer, number, ratio } from './quantities.ts'
import { record } from './record.ts'
import { jsonSchemaOf, named } from './schema-of.ts'
import { byKey, byKind } from './shapes.ts'
import { name, oneOf } from './words.ts'

const head = { $id: 'urn:test', title: 'test' }
const propertiesOf = (fields: Parameters<typeof record>[0]): unknown => jsonSchemaOf(record(fields), head).properties

describe('jsonSchemaOf', () => {
  it('gives bounds, defaults and descriptions', () => {
    const schema = propertiesOf({
      attempts: integer({ default: 3, min: 1, max: 20, about: 'Attempts in all' }),
      rate: number({ above: 0 }),
      window: duration({ default: '10s', min: '10ms' }),
      share: ratio({ above: 0 }),
      jitter: oneOf(['none', 'full']),
      version: oneOf([1]),
      timeout: orFalse(duration()),
    })
    expect(schema).toEqual({
      attempts: {
        description: 'Attempts in all: an integer from 1 to 20',
        type: 'integer',
        minimum: 1,
        maximum: 20,
        default: 3,
      },
      rate: { description: 'a number above 0', type: 'number', exclusiveMinimum: 0 },
      window: {
        description: 'a duration of at least 10ms (250ms, 2s, 5m; a number is milliseconds)',
        type: ['number', 'string'],
        minimum: 10,
        pattern: '^\\d+(\\.\\d+)?(us|ms|s|m|h)$',
        default: '10s',
      },
      share: {
        description: 'a ratio above 0, at most 1 (0.5 or 50%)',
        type: ['number', 'string'],
        exclusiveMinimum: 0,
        maximum: 1,
        pattern: '^\\d+(\\.\\d+)?%$',
      },
      jitter: { description: 'one of none, full', enum: ['none', 'full'] },
      version: { description: 'it must be 1', const: 1 },
      timeout: {
        description: 'a duration (250ms, 2s, 5m; a number is milliseconds), or false',
        anyOf: [{ type: ['number', 'string'], minimum: 0, pattern: '^\\d+(\\.\\d+)?(us|ms|s|m|h)$' }, { const: false }],
        default: false,
      },
    })
  })

  it('requires what has no default, except in fragments, and forbids what is not known', () => {
    const limit = record({ limit: integer(), queue: integer({ default: 0 }), wait: optional(duration()) })
    expect(jsonSchemaOf(limit, head)).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      $id: 'urn:test',
      type: 'object',
      required: ['limit'],
      additionalProperties: false,
    })
    expect(jsonSchemaOf(fragment(record({ c: layer(limit) })), head)).not.toHaveProperty(
      'properties.c.anyOf.0.required',
    )
    expect(jsonSchemaOf(record({ c: layer(limit) }), head)).toMatchObject({
      properties: { c: { anyOf: [{ required: ['limit'] }, { const: false }], default: false } },
    })
  })

  it('describes collections and alternatives', () => {
    expect(
      propertiesOf({
        list: listOf(integer(), { min: 1, about: 'Numbers' }),
        map: mapOf(name(), byKind({ number: integer(), text: oneOf(['all']) })),
        step: byKey({ work: record({ work: duration() }) }),
      }),
    ).toMatchObject({
      list: { description: 'Numbers', type: 'array', items: { type: 'integer' }, minItems: 1 },
      map: {
        type: 'object',
        propertyNames: { type: 'string' },
        additionalProperties: { anyOf: [{ type: 'integer' }, { const: 'all' }] },
      },
      step: { type: 'object', required: ['work'] },
    })
  })

  it('names what contains itself', () => {
    interface Tree {
      readonly weight: number
      readonly next: Tree | undefined
      readonly of: readonly Tree[]
    }
    const tree: Field<Tree, ''> = named(
      'tree',
      () => record({ weight: integer({ default: 1 }), next: optional(tree), of: listOf(refined(tree, (one) => one)) }),
      '',
    )
    expect(tree.resolve({ of: [{ weight: 2 }], next: {} }, rootPlace())).toEqual({
      weight: 1,
      next: { weight: 1, of: [] },
      of: [{ weight: 2, of: [] }],
    })
    expect(() => tree.resolve({ of: [{ of: [{ weight: 'x' }] }] }, rootPlace())).toThrow('of.0.of.0.weight: "x"')
    expect(jsonSchemaOf(tree, head)).toMatchObject({
      $ref: '#/$defs/tree',
      $defs: { tree: { properties: { next: { $ref: '#/$defs/tree' }, of: { items: { $ref: '#/$defs/tree' } } } } },
    })
  })
})

import { describe, expect, it } from 'vitest'
import { DEFAULT_CIRCUIT_BREAKER_OPTIONS } from '../breaking/breaker-options.ts'
import { CONCURRENCY_OPTIONS } from '../limiting/limiter-options.ts'
import { layer } from '../options/layer.ts'
import { rootPlace } from '../options/place.ts'
import { jsonSchemaOf } from '../options/schema-of.ts'
import { parsePolicyDocument } from './policy-document.ts'
import { governedBy, governedTimeout, type Moded, moded } from './policy-mode.ts'
import { INBOUND_LAYERS, POLICY_LAYERS, resolveInbound, resolvePolicy } from './policy-options.ts'

const ALL = {
  timeout: '2s',
  retry: true,
  hedge: true,
  circuitBreaker: true,
  concurrency: { limit: 4 },
  rateLimit: { rate: 5 },
  throttle: true,
  outlier: true,
  health: { tcp: true },
} as const

describe('mode: off', () => {
  it('is as if the layers were not there', () => {
    expect(resolvePolicy({ ...ALL, mode: 'off' })).toEqual(resolvePolicy({}))
    for (const [name, given] of Object.entries(ALL).slice(1)) {
      const { [name as keyof typeof ALL]: _, ...others } = ALL
      const off = { ...(given === true ? {} : (given as object)), mode: 'off' }
      expect(resolvePolicy({ ...ALL, [name]: off }), name).toEqual(resolvePolicy(others))
    }
  })

  it('leaves alone where calls go and what is answered without them', () => {
    const rest = {
      cache: { ttl: '1s' },
      coalesce: true,
      split: [{ version: '1', weight: 1 }],
      loadBalancing: 'p2c',
    } as const
    expect(resolvePolicy({ ...rest, retry: true, mode: 'off' })).toEqual(resolvePolicy(rest))
  })

  it('is checked all the same, so that it can be switched on again', () => {
    expect(() => resolvePolicy({ retry: { mode: 'off', maxAttempts: 0 } })).toThrow(
      'retry.maxAttempts: 0 is not allowed',
    )
    expect(() => resolvePolicy({ rateLimit: { mode: 'off' } as never })).toThrow('rateLimit.rate: missing')
  })

  it('of a policy yields to the word of a layer', () => {
    const { circuitBreaker, retry } = resolvePolicy({ mode: 'off', retry: true, circuitBreaker: { mode: 'enforce' } })
    expect([retry, circuitBreaker]).toEqual([undefined, DEFAULT_CIRCUIT_BREAKER_OPTIONS])
  })

  it('is laid over like any field: a policy may be off for all and on for one', () => {
    const document = parsePolicyDocument({
      version: 1,
      policies: { quiet: { extends: 'standard', mode: 'off' } },
      targets: {
        '*': { use: 'quiet', timeout: '1s' },
        b: { mode: 'enforce', outlier: { mode: 'off' } },
        'b/GET /x': { outlier: { mode: 'enforce' } },
      },
    })
    const names = (method?: string): string[] =>
      (['retry', 'circuitBreaker', 'outlier'] as const).filter((name) => document.policyFor('a', 'b', method)?.[name])
    expect(document.policyFor('a', 'z')).toEqual(resolvePolicy({}))
    expect([names(), names('GET /x')]).toEqual([
      ['retry', 'circuitBreaker'],
      ['retry', 'circuitBreaker', 'outlier'],
    ])
  })
})

describe('mode: shadow', () => {
  it('marks what an instance admits, all of it or one layer', () => {
    const given = { concurrency: { limit: 4 }, rateLimit: { rate: 5 }, shed: true } as const
    const { concurrency, rateLimit, shed } = resolveInbound({ ...given, mode: 'shadow' })
    expect([concurrency?.isShadow, rateLimit?.isShadow, shed?.isShadow]).toEqual([true, true, true])
    const one = resolveInbound({ ...given, rateLimit: { rate: 5, mode: 'shadow' } })
    expect([one.concurrency?.isShadow, one.rateLimit?.isShadow, one.shed?.isShadow]).toEqual([
      undefined,
      true,
      undefined,
    ])
    expect(one.rateLimit).toEqual({ rate: 5, burst: 5, isShadow: true })
    expect(Object.isFrozen(one.rateLimit)).toBe(true)
    expect(resolveInbound({ ...given, mode: 'off' })).toEqual(resolveInbound({}))
  })

  it('changes the hash of a document, and `enforce` that is said is another text of the same policy', () => {
    const documentOf = (mode: object) => parsePolicyDocument({ version: 1, inbound: { a: { shed: true, ...mode } } })
    expect(documentOf({ mode: 'shadow' }).hash).not.toBe(documentOf({}).hash)
    expect(documentOf({ mode: 'enforce' }).hash).toBe(documentOf({}).hash)
  })

  it('marks every layer of calls that has a mode, all of them or one', () => {
    const { timeout: _, ...layers } = ALL
    const whole = resolvePolicy({ ...ALL, mode: 'shadow' })
    for (const [name, given] of Object.entries(layers)) {
      expect(whole[name as keyof typeof layers]?.isShadow, name).toBe(true)
      const one = resolvePolicy({ ...ALL, [name]: { ...(given === true ? {} : (given as object)), mode: 'shadow' } })
      const marked = Object.keys(layers).filter((other) => one[other as keyof typeof layers]?.isShadow)
      expect(marked).toEqual([name])
    }
    expect([whole.timeoutMs, whole.shadowTimeoutMs]).toEqual([undefined, 2000])
  })

  it('of a call marks the layer, and keeps a timeout where nothing ends a call by it', () => {
    const breaker: Moded<object> = { mode: undefined, layer: Object.freeze({ minimumCalls: 3 }) }
    expect(governedBy('shadow', breaker)).toEqual({ minimumCalls: 3, isShadow: true })
    expect(governedBy('shadow', { ...breaker, mode: 'enforce' })).toBe(breaker.layer)
    expect(governedBy('enforce', { ...breaker, mode: 'shadow' })).toHaveProperty('isShadow', true)
    expect(governedTimeout('shadow', 2000)).toEqual({ timeoutMs: undefined, shadowTimeoutMs: 2000 })
    expect(governedTimeout('shadow', undefined)).toEqual({ timeoutMs: undefined })
  })
})

describe('a layer with a mode', () => {
  it('says so in its schema, beside what the layer itself requires', () => {
    const schema = jsonSchemaOf(layer(moded(CONCURRENCY_OPTIONS)), { $id: 'x', title: 'x' })
    expect(schema).toMatchObject({
      anyOf: [
        {
          properties: { limit: {}, mode: { enum: ['enforce', 'shadow', 'off'], default: 'enforce' } },
          anyOf: [{ required: ['limit'] }, { required: ['algorithm'] }],
        },
        { const: false },
      ],
    })
    expect(schema).not.toHaveProperty('anyOf.0.required')
    const head = { $id: 'x', title: 'x' }
    expect(jsonSchemaOf(POLICY_LAYERS, head)).toMatchObject({
      properties: { mode: { enum: ['enforce', 'shadow', 'off'] } },
    })
    expect(jsonSchemaOf(INBOUND_LAYERS, head)).toMatchObject({
      properties: { mode: { enum: ['enforce', 'shadow', 'off'] } },
    })
  })

  it('is named among what is allowed', () => {
    expect(() => INBOUND_LAYERS.resolve({ rateLimit: { rate: 1, moed: 'off' } }, rootPlace('in'))).toThrow(
      'in.rateLimit.moed: unknown key; allowed: rate, burst, algorithm, by, maxKeys, shared, mode; did you mean mode?',
    )
  })
})

// What is read from the wire by hand never throws, whatever comes. FUZZ_RUNS makes it a long run:
// `pnpm --filter @seakeep/transport-grpc fuzz`.

import { isConfigError } from '@seakeep/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asksForNoMore, grpcTimeout, parsePushback } from '../src/grpc-metadata.ts'
import { askedServiceOf, healthRequest, healthResponse, servingStatusOf } from '../src/health-message.ts'
import { bytesField, fieldsOf, numberField } from '../src/protobuf-fields.ts'
import { answerTo, knownOf } from '../src/reflection-service.ts'
import { fromServiceConfig } from '../src/service-config.ts'
import { packageDefinition } from './greeter.ts'

const numRuns = Number(process.env.FUZZ_RUNS ?? 500)
const bytes = fc.uint8Array({ maxLength: 64 })
/** Bytes that are a message more often than those that are drawn. */
const message: fc.Arbitrary<Uint8Array> = fc
  .array(
    fc.oneof(
      bytes,
      fc.tuple(fc.integer({ min: 1, max: 2 ** 20 }), bytes).map(([number, value]) => bytesField(number, value)),
      fc.tuple(fc.integer({ min: 1, max: 100 }), fc.nat()).map(([number, value]) => numberField(number, value)),
    ),
    { maxLength: 6 },
  )
  .map((parts) => new Uint8Array(Buffer.concat(parts)))
const known = knownOf([packageDefinition])

describe('fuzzed', () => {
  it('protobuf fields are fields, or none', () => {
    fc.assert(
      fc.property(message, (given) => {
        const fields = fieldsOf(given)
        if (fields !== undefined) for (const { number } of fields) expect(number).toBeGreaterThan(0)
      }),
      { numRuns },
    )
  })

  it('health messages are read, and what was written is read again', () => {
    fc.assert(
      fc.property(message, fc.string(), (given, service) => {
        servingStatusOf(given)
        askedServiceOf(given)
        expect(askedServiceOf(healthRequest(service))).toBe(Buffer.from(service).toString())
        expect(servingStatusOf(healthResponse('NOT_SERVING'))).toBe('NOT_SERVING')
      }),
      { numRuns },
    )
  })

  it('reflection answers whatever it is asked', () => {
    fc.assert(
      fc.property(message, (given) => {
        expect(fieldsOf(answerTo(given, known))).toBeDefined()
      }),
      { numRuns },
    )
  })

  it('metadata is a number, or none', () => {
    fc.assert(
      fc.property(fc.string(), fc.double({ noNaN: true }), (text, ms) => {
        expect(parsePushback(text) ?? 1).toBeGreaterThan(0)
        asksForNoMore(text)
        expect(grpcTimeout(ms)).toMatch(/^\d{1,8}[umS]$/)
      }),
      { numRuns },
    )
  })

  it('a service config is read, or refused as such', () => {
    const key = fc.constantFrom('methodConfig', 'name', 'timeout', 'retryPolicy', 'loadBalancingConfig', 'service', 'x')
    const { tree } = fc.letrec((tie) => ({
      leaf: fc.oneof(
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.constantFrom('1s', '-1s', 'UNAVAILABLE'),
      ),
      tree: fc.oneof(
        { maxDepth: 4 },
        tie('leaf'),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(key, tie('tree')),
      ),
    }))
    fc.assert(
      fc.property(fc.oneof(fc.string(), tree), (given) => {
        try {
          fromServiceConfig(given as object, 'inventory')
        } catch (error) {
          expect(isConfigError(error), String(error)).toBe(true)
        }
      }),
      { numRuns },
    )
  })
})

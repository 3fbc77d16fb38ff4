import { isConfigError } from '@seakeep/core'
import { describe, expect, it } from 'vitest'
import { BYTES, codecOf } from './codec.ts'
import { type GrpcOptions, resolveGrpcOptions } from './grpc-options.ts'

describe('options of grpc()', () => {
  it('have defaults', () => {
    expect(resolveGrpcOptions({})).toEqual({
      codec: BYTES,
      connectTimeoutMs: 1000,
      connectBackoff: { initialMs: 100, maxMs: 10_000 },
      maxAnswerBytes: 4_194_304,
    })
    const codec = codecOf()
    expect(resolveGrpcOptions({ codec }).codec).toBe(codec)
    expect(resolveGrpcOptions({ connectBackoff: { initial: '20s' } }).connectBackoff.maxMs).toBe(20_000)
  })

  it('are refused by name', () => {
    const wrong: Record<string, unknown> = {
      'grpc.codec': { codec: { encode: () => {} } },
      'grpc.connectTimeout': { connectTimeout: 0 },
      'grpc.connectBackoff.initial': { connectBackoff: { initial: 0 } },
      'grpc.connectBackoff.max': { connectBackoff: { initial: '2s', max: '1s' } },
      'grpc.maxAnswerBytes': { maxAnswerBytes: -1 },
      'grpc.keepAlive': { keepAlive: '10s' },
    }
    for (const [path, options] of Object.entries(wrong)) {
      let thrown: unknown
      try {
        resolveGrpcOptions(options as GrpcOptions)
      } catch (error) {
        thrown = error
      }
      expect(isConfigError(thrown) && thrown.path).toBe(path)
    }
  })
})

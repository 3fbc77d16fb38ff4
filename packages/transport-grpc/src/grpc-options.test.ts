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
      keepalive: { intervalMs: 300_000, timeoutMs: 10_000 },
      maxAnswerBytes: 4_194_304,
      maxRequestBytes: undefined,
      serviceConfigs: undefined,
      compression: 'none',
      tls: undefined,
      serverTls: undefined,
    })
    expect(resolveGrpcOptions({ keepalive: false }).keepalive).toBe(undefined)
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
      'grpc.keepalive.interval': { keepalive: { interval: 100 } },
      'grpc.maxRequestBytes': { maxRequestBytes: -1 },
      'grpc.serviceConfigs.0': { serviceConfigs: [{ methodConfig: [] }] },
      'grpc.compression': { compression: 'brotli' },
      'grpc.tls': { tls: { key: '-----BEGIN PRIVATE KEY-----' } },
      'grpc.tls.ca': { tls: { ca: '/etc/ssl/ca.pem' } },
      'grpc.serverTls.key': { serverTls: { cert: '-----BEGIN CERTIFICATE-----' } },
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

import { isConfigError } from '@seakeep/core'
import { describe, expect, it } from 'vitest'
import { type HttpOptions, resolveHttpOptions } from './http-options.ts'

describe('options of http()', () => {
  it('have defaults', () => {
    expect(resolveHttpOptions({})).toEqual({
      connectTimeoutMs: 1000,
      maxAnswerBytes: 16_777_216,
      maxHeadBytes: 16_384,
      connections: undefined,
      http2: undefined,
      streams: 100,
      tls: { ca: undefined, cert: undefined, key: undefined, servername: undefined, verify: true },
      codec: 'json',
    })
    expect(resolveHttpOptions({ connectTimeout: '250ms' }).connectTimeoutMs).toBe(250)
  })

  it('of TLS are refused by name', () => {
    for (const [tls, path] of [
      [{ ca: '' }, 'http.tls.ca'],
      [{ rejectUnauthorized: false }, 'http.tls'],
    ] as const) {
      expect(() => resolveHttpOptions({ tls } as HttpOptions)).toThrow(path)
    }
  })

  it('are refused by name', () => {
    const wrong = [
      { connectTimeout: 0 },
      { connections: 0 },
      { maxHeadBytes: 10 },
      { streams: 0 },
      { http2: 'yes' },
      { codec: 'xml' },
      { maxAnswerBytes: -1 },
      { conections: 5 },
    ] as HttpOptions[]
    for (const options of wrong) {
      let thrown: unknown
      try {
        resolveHttpOptions(options)
      } catch (error) {
        thrown = error
      }
      expect(isConfigError(thrown) && thrown.path).toBe(`http.${Object.keys(options)[0]}`)
    }
  })
})

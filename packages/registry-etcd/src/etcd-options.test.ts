import { isConfigError } from '@seakeep/core'
import { describe, expect, it } from 'vitest'
import { type EtcdOptions, resolveEtcdOptions } from './etcd-options.ts'

const PEM = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
const given = (more: object = {}): EtcdOptions => ({ endpoints: ['127.0.0.1:2379'], ...more })
const problem = (options: object): string => {
  try {
    resolveEtcdOptions(options as EtcdOptions)
  } catch (error) {
    if (isConfigError(error)) return error.message
    throw error
  }
  throw new Error('it was taken')
}

describe('the options of etcd', () => {
  it('have the defaults that the README tells', () => {
    expect(resolveEtcdOptions(given())).toEqual({
      endpoints: ['127.0.0.1:2379'],
      prefix: 'seakeep/',
      auth: undefined,
      tls: undefined,
      policies: undefined,
      requestTimeoutMs: 4000,
      probeIntervalMs: 1500,
      retry: { initialMs: 100, maxMs: 5000 },
      maxAnswerBytes: 67_108_864,
    })
  })

  it('take addresses of all kinds, and the port of etcd where there is none', () => {
    const { endpoints } = resolveEtcdOptions({ endpoints: ['etcd-1', '[::1]', '[fe80::1]:4001', 'a.b.c:1'] })
    expect(endpoints).toEqual(['etcd-1:2379', '[::1]:2379', '[fe80::1]:4001', 'a.b.c:1'])
    expect(problem({ endpoints: [] })).toContain('etcd.endpoints: 0 items are not enough')
    expect(problem({})).toContain('etcd.endpoints: missing')
    expect(problem({ endpoints: ['a:0'] })).toContain('etcd.endpoints.0: "a:0" is not allowed')
    expect(problem({ endpoints: ['http://a:2379/'] })).toContain('did you mean a:2379?')
    expect(problem({ endpoints: ['https://a'] })).toContain('did you mean a:2379, with tls: {}?')
  })

  it('take certificates by their content, and do not repeat a key in an error', () => {
    const { tls } = resolveEtcdOptions(given({ tls: { ca: PEM, cert: new TextEncoder().encode(PEM), key: PEM } }))
    expect([tls?.ca, tls?.cert, tls?.key].map((pem) => pem?.toString())).toEqual([PEM, PEM, PEM])
    expect(problem(given({ tls: { key: 'hunter2' } }))).toBe(
      'etcd.tls.key: this text is no PEM; give the content of the file',
    )
    expect(problem(given({ tls: { cert: PEM } }))).toContain('cert and key go together')
    expect(resolveEtcdOptions(given({ tls: {} })).tls).toEqual({})
  })

  it('refuse what cannot be meant', () => {
    expect(problem(given({ prefix: 'shop' }))).toContain('did you mean shop/?')
    expect(problem(given({ auth: { user: 'me' } }))).toContain('etcd.auth.password: missing')
    expect(problem(given({ requestTimeout: '50ms' }))).toContain('etcd.requestTimeout')
    expect(problem(given({ probeInterval: '100ms' }))).toContain('etcd.probeInterval')
    expect(problem(given({ retry: { initial: '2s', max: '1s' } }))).toContain('etcd.retry.max')
    expect(problem(given({ maxAnswerBytes: 1 }))).toContain('etcd.maxAnswerBytes')
    expect(problem(given({ endpoint: 'a' }))).toContain('did you mean endpoints')
  })
})

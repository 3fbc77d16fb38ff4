import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { expect } from 'vitest'
import { fuzzed, nearly, nearlyData, refusesBy, startsGood } from '../../../tools/fuzz/fuzzed.ts'
import { parseAnswer } from '../src/answer-reader.ts'
import { RegistryAnswerError } from '../src/consul-errors.ts'
import { readHealthAnswer } from '../src/health-answer.ts'
import { readKeys, readKv, readVerdict } from '../src/kv.ts'
import { readRecord } from '../src/policy-record.ts'

const isKnown = (error: unknown): boolean => error instanceof RegistryAnswerError
const bytesOf = (data: unknown): Buffer => Buffer.from(JSON.stringify(data) ?? '')

const ENTRY = {
  Node: { Node: 'n1', Address: '10.0.0.1' },
  Service: {
    ...{ ID: 'orders:1', Service: 'orders', Address: '10.0.0.2', Port: 80, Tags: ['a'] },
    Meta: { 'seakeep-id': '1', 'seakeep-weight': '0.5', 'seakeep-zone': 'a', team: 'x' },
    Weights: { Passing: 10, Warning: 1 },
  },
  Checks: [
    { CheckID: 'serfHealth', Status: 'passing', Output: 'alive' },
    { CheckID: 'service:orders:1', Status: 'critical', Output: 'seakeep: leaving' },
  ],
}
startsGood('Consul health', () => expect(readHealthAnswer('orders', [ENTRY], 'http').problems).toEqual([]))
fuzzed('Consul health', [nearlyData(fc.constant([ENTRY, { ...ENTRY, Checks: [] }]))], (answer) =>
  refusesBy(() => {
    const { instances, left } = readHealthAnswer('orders', answer, 'http')
    for (const { id, address } of instances) {
      expect(typeof id).toBe('string')
      expect(address.port).toBeGreaterThanOrEqual(0)
    }
    for (const id of left) expect(typeof id).toBe('string')
  }, isKnown),
)

const kv = nearlyData(fc.constant([{ Value: 'YWJj', ModifyIndex: 7, Session: 's' }])).map(bytesOf)
const record = nearlyData(fc.constant({ hash: 'h', atMs: 5, author: 'a', message: 'm', text: 'version: 1' })).map(
  bytesOf,
)
fuzzed('Consul KV', [nearly(fc.oneof(kv, record)), fc.constantFrom(200, 404, 500)], (bytes, status) => {
  const body = Buffer.from(bytes)
  const answer = { status, body } as Parameters<typeof readKv>[0]
  for (const read of [readKv, readKeys, readVerdict]) refusesBy(() => read(answer), isKnown)
  refusesBy(() => readRecord(body), isKnown)
  refusesBy(() => parseAnswer(body), isKnown)
})

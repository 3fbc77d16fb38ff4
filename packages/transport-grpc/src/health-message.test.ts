import { Buffer } from 'node:buffer'
import { expect, it } from 'vitest'
import { healthRequest, servingStatusOf } from './health-message.ts'

it('the request is the name of a service', () => {
  expect(healthRequest('')).toEqual(Buffer.alloc(0))
  expect([...healthRequest('ab')]).toEqual([0x0a, 2, 0x61, 0x62])
  const long = healthRequest('x'.repeat(300))
  expect([...long.subarray(0, 4)]).toEqual([0x0a, 0xac, 0x02, 0x78])
  expect(long.length).toBe(303)
})

it.each([
  ['', 'UNKNOWN'],
  ['0800', 'UNKNOWN'],
  ['0801', 'SERVING'],
  ['0802', 'NOT_SERVING'],
  ['0803', 'SERVICE_UNKNOWN'],
  ['08010802', 'NOT_SERVING'],
  // Fields that we do not know: a string, a varint of many bytes, 64 and 32 bits.
  ['12026869' + '0801', 'SERVING'],
  ['0801' + '18ffffffffffffffffff01', 'SERVING'],
  ['0801' + '210102030405060708' + '2d01020304', 'SERVING'],
])('%s is %s', (hex, status) => {
  expect(servingStatusOf(Buffer.from(hex, 'hex'))).toBe(status)
})

it.each(['0804', '08', '0a', '0a05', '2101', '0b', '07', '18ff', 'ffffffffffffffffffffff', '3c68746d6c3e'])(
  '%s is no answer of a health service',
  (hex) => {
    expect(servingStatusOf(Buffer.from(hex, 'hex'))).toBe(undefined)
  },
)

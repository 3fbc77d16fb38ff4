import { describe, expect, it } from 'vitest'
import { asksForNoMore, grpcTimeout, parsePushback } from './grpc-metadata.ts'

it('a timeout has at most eight digits and a unit, and promises no more than is left', () => {
  const perMs: Readonly<Record<string, number>> = { u: 1000, m: 1, S: 0.001 }
  for (const leftMs of [0.01, 0.7, 3.2, 9.999, 10, 59.99, 1500.7, 86_400_000, 99_999_999.9, 1e8, 1e12, 1e20]) {
    const text = grpcTimeout(leftMs)
    expect(text).toMatch(/^[1-9]\d{0,7}[Smu]$/)
    expect(Number(text.slice(0, -1)) / perMs[text.slice(-1)]!).toBeLessThanOrEqual(leftMs)
  }
  expect(grpcTimeout(1500.7)).toBe('1500m')
  expect(grpcTimeout(3.25)).toBe('3250u')
  // gRPC has no word for no time at all.
  expect([0, -5].map(grpcTimeout)).toEqual(['1u', '1u'])
})

describe('a pushback', () => {
  it('is a wait in milliseconds', () => {
    expect(parsePushback('250')).toBe(250)
  })

  it('may ask for no more attempts', () => {
    for (const text of ['-1', 'soon', '1.5', '']) expect(asksForNoMore(text)).toBe(true)
    for (const text of [undefined, '0', '250']) expect(asksForNoMore(text)).toBe(false)
  })

  it('is none where it is absent, 0, negative or no number', () => {
    for (const text of [undefined, '', '0', '-1', 'soon', '1.5', '1e3']) expect(parsePushback(text)).toBe(undefined)
  })
})

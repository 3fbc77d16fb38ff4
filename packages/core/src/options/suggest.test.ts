import { describe, expect, it } from 'vitest'
import { Sfc32 } from '../random/sfc32.ts'
import { didYouMean, suggest } from './suggest.ts'

const FIELDS = ['timeout', 'retry', 'circuitBreaker', 'concurrency', 'rateLimit', 'maxAttempts', 'openFor', 'window']

describe('suggest', () => {
  it.each([
    ['retyr', 'retry'],
    ['retri', 'retry'],
    ['Retry', 'retry'],
    ['timout', 'timeout'],
    ['curcuitBraeker', 'circuitBreaker'],
    ['ratelimit', 'rateLimit'],
    ['rate-limit', 'rateLimit'],
    ['attempts', 'maxAttempts'],
    ['retryPolicy', 'retry'],
    ['windwo', 'window'],
  ])('takes %s for %s', (word, meant) => {
    expect(suggest(word, FIELDS)).toBe(meant)
  })

  it.each(['', 'x', 'bulkhead', 'fallback', 'for', 'threshold'])('makes nothing of %j', (word) => {
    expect(suggest(word, FIELDS)).toBeUndefined()
  })

  it('does not take one letter for another', () => {
    expect(suggest('a', ['b', 'c'])).toBeUndefined()
  })

  it('takes the nearest, and the first of equals', () => {
    expect(suggest('order', ['border', 'orders', 'order1'])).toBe('border')
    expect(suggest('paymets', ['payouts', 'payments'])).toBe('payments')
  })

  it('finds every word again after one slip', () => {
    const random = new Sfc32(3, 4)
    for (const word of FIELDS) {
      for (let i = 0; i < 50; i++) {
        const at = Math.floor(random.next() * (word.length - 1))
        const slips = [
          word.slice(0, at) + word.slice(at + 1),
          `${word.slice(0, at)}#${word.slice(at)}`,
          `${word.slice(0, at)}#${word.slice(at + 1)}`,
          word.slice(0, at) + word[at + 1] + word[at] + word.slice(at + 2),
        ]
        for (const slip of slips) expect(suggest(slip, FIELDS)).toBe(word)
      }
    }
  })
})

describe('didYouMean', () => {
  it('is the end of a sentence, or nothing', () => {
    expect(didYouMean('retyr', FIELDS)).toBe('; did you mean retry?')
    expect(didYouMean('bulkhead', FIELDS)).toBe('')
  })
})

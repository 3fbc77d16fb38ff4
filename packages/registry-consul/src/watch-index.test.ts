import { describe, expect, it } from 'vitest'
import { answerTimeoutMs, blockingQuery, NO_INDEX, stepOf } from './watch-index.ts'

describe('the index of a blocking query', () => {
  it('is passed on from the first answer, never as 0', () => {
    expect(blockingQuery(NO_INDEX, 10_000)).toBe('')
    const step = stepOf(NO_INDEX, '12')
    expect(step).toEqual({ next: { index: 12 }, isUnchanged: false })
    expect(blockingQuery({ index: 12 }, 185.2)).toBe('&index=12&wait=186ms')
    expect(stepOf({ index: 12 }, '0')?.next).toBe(NO_INDEX)
  })

  it('3c 28: is forgotten when it goes backwards, and what was answered then is news', () => {
    expect(stepOf({ index: 500 }, '20')).toEqual({ next: NO_INDEX, isUnchanged: false })
  })

  it('that has not moved says that the wait ran out', () => {
    expect(stepOf({ index: 12 }, '12')?.isUnchanged).toBe(true)
    expect(stepOf({ index: 12 }, '13')?.isUnchanged).toBe(false)
  })

  it('that is none is told apart from one', () => {
    for (const header of [undefined, '', '-1', '1.5', 'x', '9007199254740993', '1e3', ' 1']) {
      expect([header, stepOf({ index: 1 }, header)]).toEqual([header, undefined])
    }
  })

  // silas/node-consul#76: a timeout shorter than the wait and its sixteenth ended every quiet query with an error.
  it('3c 28: is waited for longer than the server may take', () => {
    for (const waitMs of [20, 1000, 10_000, 600_000]) {
      expect(answerTimeoutMs(waitMs)).toBeGreaterThanOrEqual(waitMs + waitMs / 16 + 2000)
    }
  })
})

import { describe, expect, test } from 'vitest'
import type { Discipline } from '../../scenario/scenario-data.ts'
import type { Job } from '../workplace.ts'
import { createLine } from './create-line.ts'
import type { Line } from './line.ts'

const waiting = (key: number): Job => ({ key, begunUs: -1, exchange: {} }) as unknown as Job

function drained(line: Line): number[] {
  const keys: number[] = []
  for (let job = line.next(); job !== undefined; job = line.next()) keys.push(job.key)
  return keys
}

describe.each<Discipline>(['fifo', 'lifo', 'priority', 'codel'])('a line: %s', (discipline) => {
  test('is left from anywhere, and by whoever leaves only', () => {
    const line = createLine(discipline)
    const jobs = [1, 2, 3, 4, 5].map(waiting)
    for (const job of jobs) line.join(job, 0)
    for (const i of [2, 0, 4]) line.leave(jobs[i] as Job)
    expect(line.size).toBe(2)
    expect(jobs.map(({ inLine }) => inLine !== undefined)).toEqual([false, true, false, true, false])
    expect(drained(line)).toEqual(discipline === 'lifo' ? [4, 2] : [2, 4])
    expect(line.size).toBe(0)
    line.join(jobs[2] as Job, 1)
    expect(drained(line)).toEqual([3])
  })

  test('a hundred thousand leave in no time', () => {
    const line = createLine(discipline)
    const jobs = Array.from({ length: 100_000 }, (_, i) => waiting(i))
    for (const job of jobs) line.join(job, 0)
    // Searched for one by one this would be five thousand million steps.
    for (const job of jobs.reverse()) line.leave(job)
    expect([line.size, line.next()]).toEqual([0, undefined])
  })
})

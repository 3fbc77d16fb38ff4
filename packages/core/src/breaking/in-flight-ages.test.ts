import { expect, test } from 'vitest'
import { Sfc32 } from '../random/sfc32.ts'
import { InFlightAges } from './in-flight-ages.ts'

test('a call is overdue between one and 9/8 of the length after it was sent, until it ends', () => {
  const ages = new InFlightAges(800, 0)
  ages.sent(0)
  ages.sent(99)
  ages.sent(150)
  ages.advance(799)
  expect(ages.overdue).toBe(0)
  ages.advance(900)
  expect(ages.overdue).toBe(2)
  ages.ended(0)
  expect(ages.overdue).toBe(1)
  ages.advance(1_000)
  expect(ages.overdue).toBe(2)
  ages.ended(99)
  ages.ended(150)
  ages.advance(1e6)
  expect(ages.overdue).toBe(0)
})

test('calls from before it began are nobody it knows', () => {
  const ages = new InFlightAges(800, 1_000)
  ages.sent(1_000)
  ages.ended(999)
  ages.advance(5_000)
  expect(ages.overdue).toBe(1)
})

test('keeps count as a list of all calls would, over 100 seeds, also on a clock of fractions', () => {
  for (let seed = 1; seed <= 100; seed++) {
    const random = new Sfc32(seed, 9)
    const overMs = [0.7, 8, 333.3, 60_000][seed % 4] as number
    const stepMs = overMs / 8
    let nowMs = (random.next() - 0.5) * 1e6
    const ages = new InFlightAges(overMs, nowMs)
    const underWay: number[] = []
    for (let i = 0; i < 400; i++) {
      nowMs += random.next() ** 5 * overMs * 3
      if (random.next() < 0.55) {
        ages.sent(nowMs)
        underWay.push(nowMs)
      } else if (underWay.length > 0) {
        const [sentMs] = underWay.splice(Math.floor(random.next() * underWay.length), 1)
        ages.ended(sentMs as number)
      }
      ages.advance(nowMs)
      const present = Math.floor(nowMs / stepMs)
      expect(ages.overdue).toBe(underWay.filter((sentMs) => Math.floor(sentMs / stepMs) < present - 8).length)
    }
  }
})

test('an instant at the edge of a step is of one step when a call goes out and when it ends', () => {
  for (const overMs of [0.8, 2.4, 100 / 3, 800 * 1.1]) {
    const stepMs = overMs / 8
    const ages = new InFlightAges(overMs, 0)
    for (let step = 1; step < 3_000; step++) {
      const edgeMs = step * stepMs
      const around = [edgeMs * (1 - 2 ** -53), edgeMs, edgeMs * (1 + 2 ** -52)]
      for (const sentMs of around) ages.sent(sentMs)
      ages.advance(edgeMs + stepMs / 2)
      for (const sentMs of around) ages.ended(sentMs)
    }
    ages.advance(1e9)
    expect(ages.overdue).toBe(0)
  }
})

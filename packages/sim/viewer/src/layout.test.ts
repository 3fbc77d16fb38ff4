import { describe, expect, test } from 'vitest'
import { columnsOf, NODE, neighbourhood, placeGraph, placeMap } from './layout.ts'

describe('a graph of few', () => {
  const placed = placeGraph(['client>a', 'a>b', 'a>c', 'b>c', 'c>c'], ['lonely'])
  const x = (name: string): number => placed.boxes.find((box) => box.name === name)?.x ?? Number.NaN

  test('has callers left of whom they call', () => {
    expect(x('client')).toBeLessThan(x('a'))
    expect(x('a')).toBeLessThan(x('b'))
    expect(x('b')).toBeLessThan(x('c'))
  })

  test('has everybody in the picture, and nobody on another', () => {
    expect(placed.boxes.map(({ name }) => name).sort()).toEqual(['a', 'b', 'c', 'client', 'lonely'])
    for (const a of placed.boxes) {
      expect(a.x + NODE.width / 2).toBeLessThanOrEqual(placed.width)
      for (const b of placed.boxes)
        if (a !== b) expect(Math.abs(a.x - b.x) >= NODE.width || Math.abs(a.y - b.y) >= NODE.height).toBe(true)
    }
  })

  test('draws no line from a service to itself', () => {
    expect(placed.lines.map(({ name }) => name)).toEqual(['client>a', 'a>b', 'a>c', 'b>c'])
  })

  test('stands a circle', () => {
    expect(placeGraph(['a>b', 'b>a']).boxes).toHaveLength(2)
  })
})

describe('a map of many', () => {
  const names = Array.from({ length: 1000 }, (_, i) => `s${i}`)
  const edges = ['client>s0', ...names.slice(1, 990).map((name, i) => `s${Math.floor(i / 2)}>${name}`)]

  test('stands services by their distance, those never reached last', () => {
    const columns = columnsOf(edges, names)
    expect(columns[0]).toEqual(['s0'])
    expect(columns[1]).toEqual(['s1', 's2'])
    expect(columns.at(-1)).toEqual(names.slice(990))
    expect(columns.flat()).toHaveLength(1000)
  })

  test('has a place of its own for each', () => {
    const { boxes, width, height } = placeMap(columnsOf(edges, names))
    expect(new Set(boxes.map(({ x, y }) => `${x},${y}`)).size).toBe(1000)
    expect(Math.max(...boxes.map(({ x }) => x))).toBeLessThan(width)
    expect(height).toBeLessThanOrEqual(345)
  })

  test('ends where calls go in a circle', () => {
    expect(columnsOf(['client>a', 'a>b', 'b>a'], ['a', 'b'])).toEqual([['a'], ['b']])
  })

  test('shows of a service its busiest callers and callees', () => {
    const busy = new Map([
      ['a>x', 1],
      ['b>x', 9],
      ['x>c', 5],
      ['x>d', 2],
      ['p>q', 99],
    ])
    expect(neighbourhood('x', busy, 1)).toEqual(['b>x', 'x>c'])
  })
})

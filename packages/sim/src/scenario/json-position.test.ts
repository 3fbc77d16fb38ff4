import { describe, expect, test } from 'vitest'
import { jsonErrorOffset, lineAndColumn, offsetInJson } from './json-position.ts'
import { parseData } from './parse-data.ts'

const TEXT = '{ "a,}": [1, {"b\\"": "x]", "c": [[], {}]}],\n "d": null }'

describe('where a value stands', () => {
  test.each([
    [[], '{'],
    [['d'], '"d": null'],
    [['a,}', '0'], '1'],
    [['a,}', '1', 'b"'], '"b\\"": "x]"'],
    [['a,}', '1', 'c', '1'], '{}'],
    // What is not there is found by what is round it.
    [['a,}', '7'], '"a,}"'],
    [['a,}', '0', 'x'], '1'],
  ])('%j', (keys, begins) => {
    expect(TEXT.slice(offsetInJson(TEXT, keys)).startsWith(begins)).toBe(true)
  })

  test('line and column count from 1', () => {
    expect(lineAndColumn(TEXT, TEXT.indexOf('null'))).toEqual({ line: 2, column: 7 })
  })
})

describe('where a text stops being JSON', () => {
  test.each([
    ['{"a": 1,}', 8],
    ['{"a" 1}', 5],
    ['[1, x]', 4],
    ['[1, 2', 5],
    ['{"a": "b', 6],
    ['[1] 2', 4],
    ['[1}', 2],
    ['[01]', 2],
    ['["\u0001"]', 1],
  ])('%s', (text, offset) => {
    expect(() => JSON.parse(text)).toThrow()
    expect(jsonErrorOffset(text)).toBe(offset)
  })

  test('a large one is told at once, by line and column', () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => `{"n": ${i}}`).join(',\n')
    expect(() => parseData(`[${rows}\n${rows}]`, 'x.json')).toThrow(
      'x.json:20001:1: not readable as JSON: unexpected "{\\"n\\": 0},',
    )
    expect(() => parseData(`[${rows}`, 'x.json')).toThrow('not readable as JSON: it ends too early')
  })
})

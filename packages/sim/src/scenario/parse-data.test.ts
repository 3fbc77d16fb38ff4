import { ConfigError } from '@seakeep/core'
import { expect, test } from 'vitest'
import { parseData } from './parse-data.ts'

test('YAML and JSON are read alike, and know their lines', () => {
  const yaml = parseData('a:\n  - b: 1\n    c: 2\n', 'x.yaml')
  const json = parseData('{ "a":\n  [{ "b": 1, "c": 2 }]\n}', 'x.json')
  expect(yaml.value).toEqual({ a: [{ b: 1, c: 2 }] })
  expect(json.value).toEqual(yaml.value)
  expect(yaml.locate(['a', '0', 'c'])).toBe('x.yaml:3:5')
  expect(json.locate(['a', '0', 'c'])).toBe('x.json:2:14')
  expect(yaml.locate(['a', '0', 'missing', 'deeper'])).toBe('x.yaml:2:5')
})

test.each([
  ['a: [1\nb: 2', 'x.yaml:2:1: not readable as YAML or JSON: '],
  ['a: 1\na: 2', 'x.yaml:2:1: not readable as YAML or JSON: map keys must be unique'],
  ['{ "a": 1,, }', 'x.yaml:1:10: not readable as YAML or JSON: '],
])('what does not parse is one sentence with its place: %j', (text, start) => {
  const parse = () => parseData(text, 'x.yaml')
  expect(parse).toThrow(ConfigError)
  expect(parse).toThrow(start)
  expect(parse).not.toThrow('\n')
})

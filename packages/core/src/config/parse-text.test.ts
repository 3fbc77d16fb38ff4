import { describe, expect, it } from 'vitest'
import { parsePolicyText, parseText } from './parse-text.ts'

describe('parseText', () => {
  it('reads YAML and JSON alike', () => {
    const value = { version: 1, targets: { '*': { timeout: '5s', list: [1, { a: null }] } } }
    const yaml = 'version: 1\ntargets:\n  "*": { timeout: 5s, list: [1, { a: }] }\n'
    expect(parseText(yaml, 'p.yaml').value).toEqual(value)
    expect(parseText(JSON.stringify(value, null, '\t'), 'p.json').value).toEqual(value)
    expect(parseText(`\uFEFF${yaml.replaceAll('\n', '\r\n')}`, 'p.yaml').value).toEqual(value)
    expect(parseText('', 'p.yaml').value).toBeNull()
  })

  it('knows where everything stands', () => {
    const { place } = parseText('a:\n  b.c: [x,\n    { d: 1 }]\n  e:\n', 'p.yaml')
    const at = (...keys: (string | number)[]): string =>
      keys.reduce((here, key) => here.at(key), place).error('!').message
    expect(at()).toBe('! (p.yaml:1:1)')
    expect(at('a')).toBe('a: ! (p.yaml:1:1)')
    expect(at('a', 'b.c')).toBe('a.b\\.c: ! (p.yaml:2:3)')
    expect(at('a', 'b.c', 0)).toBe('a.b\\.c.0: ! (p.yaml:2:9)')
    expect(at('a', 'b.c', 1, 'd')).toBe('a.b\\.c.1.d: ! (p.yaml:3:7)')
    expect(at('a', 'e')).toBe('a.e: ! (p.yaml:4:3)')
    expect(at('a', 'missing', 'x')).toBe('a.missing.x: ! (p.yaml:1:1)')
  })

  it('follows aliases and merges', () => {
    const { value } = parseText('base: &base { timeout: 5s }\na: *base\nb: { <<: *base, retry: true }', 'p.yaml')
    expect(value).toMatchObject({ a: { timeout: '5s' }, b: { timeout: '5s', retry: true } })
  })

  it.each([
    [
      'a: {b: 1',
      'p.yaml:1:9: not readable as YAML or JSON: flow map in block collection must be sufficiently indented and end with a }',
    ],
    ['a: 1\na: 2', 'p.yaml:2:1: not readable as YAML or JSON: map keys must be unique'],
    ['a:\n\tb: 1', 'p.yaml:2:1: not readable as YAML or JSON: tabs are not allowed as indentation'],
    ['a: 1\n---\nb: 2', 'p.yaml:2:1: not readable as YAML or JSON: a second document begins here (---)'],
    ['a: !include x.yaml', 'p.yaml:1:4: not readable as YAML or JSON: unresolved tag: !include'],
    ['b: 1\na: *x', 'p.yaml:2:4: not readable as YAML or JSON: no anchor &x stands before this alias'],
    ['? [a]\n: 1', 'p.yaml:1:3: not readable as YAML or JSON: a key must be a plain word or text'],
  ])('says in one sentence what is wrong with %j', (text, message) => {
    expect(() => parseText(text, 'p.yaml')).toThrow(expect.objectContaining({ code: 'SEAKEEP_CONFIG', message }))
  })

  it('refuses a bomb of aliases', () => {
    const lines = ['a0: &a0 [x,x,x,x,x,x,x,x,x,x]']
    for (let i = 1; i < 10; i++) lines.push(`a${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join()}]`)
    expect(() => parseText(lines.join('\n'), 'p.yaml')).toThrow(
      'p.yaml:1:1: not readable as YAML or JSON: Excessive alias',
    )
  })
})

describe('parsePolicyText', () => {
  it('names file, line and column of what is wrong in a document', () => {
    const text = 'version: 1\npolicies:\n  standard:\n    retry:\n      maxAttempts: 0\n'
    expect(() => parsePolicyText(text, 'policies.yaml')).toThrow(
      expect.objectContaining({
        path: 'policies.standard.retry.maxAttempts',
        message: 'policies.standard.retry.maxAttempts: 0 is not allowed; an integer from 1 to 20 (policies.yaml:5:7)',
      }),
    )
    expect(() => parsePolicyText('{\n "version": 1,\n "target": {}\n}', 'p.json')).toThrow(
      'target: unknown key; allowed: $schema, version, policies, targets, inbound; did you mean targets? (p.json:3:2)',
    )
    expect(() => parsePolicyText('# nothing yet\n', 'policies.yaml')).toThrow('an object with version (policies.yaml:')
  })

  it('names the line that is at fault where several are laid over each other', () => {
    const text = [
      'version: 1',
      'targets:',
      '  "*": { retry: { backoff: { max: 1s } } }',
      '  payments: { retry: { backoff: { initial: 5s } } }',
    ].join('\n')
    expect(() => parsePolicyText(text, 'p.yaml')).toThrow(
      'targets.*.retry.backoff.max: 1s is not allowed; at least targets.payments.retry.backoff.initial, which is 5s (p.yaml:3:30)',
    )
  })
})

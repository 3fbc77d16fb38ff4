import { describe, expect, it } from 'vitest'
import { namePattern } from './name-pattern.ts'

describe('namePattern', () => {
  it.each([
    ['*', 'anything', true],
    ['*', '', true],
    ['payments', 'payments', true],
    ['payments', 'payments2', false],
    ['*.openai.com', 'api.openai.com', true],
    ['*.openai.com', 'eu.api.openai.com', true],
    ['*.openai.com', 'openai.com', false],
    ['*.openai.com', 'api.openai.com.evil', false],
    ['*.a*com', 'x.abc.com', true],
    ['a*b*c', 'abc', true],
    ['a*b*c', 'axxbxxc', true],
    ['a*b*c', 'acb', false],
    ['a*a', 'a', false],
    ['ab*ba', 'aba', false],
    ['*a*', 'banana', true],
    ['a+b*', 'aab', false],
    ['localhost:80*', 'localhost:8080', true],
  ])('%s and %s: %s', (pattern, name, isMatch) => {
    expect(namePattern(pattern)?.matches(name)).toBe(isMatch)
  })

  it.each([[''], ['a b'], ['a>b'], ['a#1'], ['a/b'], ['123'], ['**'], ['* *'], ['a*>']])('%j is none', (text) => {
    expect(namePattern(text)).toBeUndefined()
  })

  it.each(['*', 'payments', '*.openai.com', 'a*b*c'])('%s matches its own example', (text) => {
    const pattern = namePattern(text)
    expect(pattern?.matches(pattern.example)).toBe(true)
  })

  it('takes time that grows no faster than the name, whatever the stars', () => {
    expect(namePattern(`${'*a'.repeat(50)}*b`)?.matches('a'.repeat(20_000))).toBe(false)
  })
})

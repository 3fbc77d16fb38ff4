import { describe, expect, it } from 'vitest'
import { methodPattern } from './method-pattern.ts'

describe('methodPattern', () => {
  it.each([
    ['POST /charges', 'POST /charges', true],
    ['POST /charges', 'GET /charges', false],
    ['POST /charges', 'POST /charges/', false],
    ['POST /charges', 'POST /charges/1', false],
    ['GET /orders/:id', 'GET /orders/17', true],
    ['GET /orders/:id', 'GET /orders/', false],
    ['GET /orders/:id', 'GET /orders', false],
    ['GET /orders/:id', 'GET /orders/17/lines', false],
    ['GET /orders/*/lines', 'GET /orders/17/lines', true],
    ['GET /orders/**', 'GET /orders', true],
    ['GET /orders/**', 'GET /orders/17/lines', true],
    ['GET /orders/**', 'GET /ordersX', false],
    ['GET /**', 'GET /', true],
    ['GET **', 'GET /a/b', true],
    ['GET **', 'POST /a/b', false],
    ['* /admin/**', 'DELETE /admin/x', true],
    ['* /admin/**', 'acme.Admin/Drop', false],
    ['M-SEARCH /', 'M-SEARCH /', true],
    ['**', 'GET /a', true],
    ['**', 'acme.Inventory/Reserve', true],
    ['acme.Inventory/Reserve', 'acme.Inventory/Reserve', true],
    ['acme.Inventory/*', 'acme.Inventory/Reserve', true],
    ['acme.Inventory/*', 'acme.Orders/Reserve', false],
    ['acme.Inventory/**', 'GET acme.Inventory/x', false],
    ['*/Reserve', 'acme.Inventory/Reserve', true],
    ['*', 'quote', true],
    ['*', 'GET /', false],
    ['GET /v1/jobs/7:cancel', 'GET /v1/jobs/7:cancel', true],
  ])('%s and %s: %s', (pattern, method, isMatch) => {
    expect(methodPattern(pattern)?.matches(method)).toBe(isMatch)
  })

  it.each([
    [''],
    ['/charges'],
    ['post /charges'],
    ['POST  /charges'],
    ['POST charges'],
    ['POST /a b'],
    ['GET /a/**/b'],
    ['GET /a*'],
    ['GET /***'],
    ['GE* /a'],
    [' '],
  ])('%j is none', (text) => {
    expect(methodPattern(text)).toBeUndefined()
  })

  it.each(['POST /a/:id', '* /a/*/**', 'GET **', '**', '*', 'acme.Inventory/*'])(
    '%s matches its own example',
    (text) => {
      const pattern = methodPattern(text)
      expect(pattern?.matches(pattern.example)).toBe(true)
    },
  )
})

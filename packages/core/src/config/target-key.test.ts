import { describe, expect, it } from 'vitest'
import { rootPlace } from '../options/place.ts'
import { compareTargetKeys, targetKey } from './target-key.ts'

const at = rootPlace('targets').at('…')

/** General to special. */
const ORDER = [
  '*',
  '*>*',
  '*/**',
  '*/GET **',
  '*.com',
  '*.example.com',
  '*.example.com/GET /x',
  'a',
  'b',
  '*>b',
  'b/**',
  'b/GET /**',
  'b/GET /:x',
  'b/GET /orders/**',
  'b/GET /orders/:id',
  'b/GET /orders/mine',
  '*>b/GET /orders/mine',
  'cl*>*',
  'cli*>b',
  'client>*',
  'client>*.com',
  'client>b',
  'client>b/GET /x',
]

describe('compareTargetKeys', () => {
  it('orders general to special, whatever the order given', () => {
    const keys = ORDER.map((text) => targetKey(text, at))
    const sorted = keys.toReversed().sort(compareTargetKeys)
    expect(sorted.map(({ text }) => text)).toEqual(ORDER)
  })

  it('is a total order', () => {
    const keys = ORDER.map((text) => targetKey(text, at))
    keys.forEach((a, i) => {
      keys.forEach((b, j) => {
        expect(Math.sign(compareTargetKeys(a, b))).toBe(Math.sign(i - j))
      })
    })
  })
})

describe('targetKey', () => {
  it('splits caller, service and method; the method may hold anything', () => {
    const key = targetKey('a>b/GET /x>y/z', at)
    expect([key.caller.example, key.service.example, key.method?.example]).toEqual(['a', 'b', 'GET /x>y/z'])
    expect(targetKey('inventory/acme.Inventory/Reserve', at).method?.matches('acme.Inventory/Reserve')).toBe(true)
  })

  const allowed =
    'service, host glob, service/method, caller>service or caller>service/method, where names hold neither >, #, / nor blanks and are not all digits'
  it.each([
    ['', `targets.…: "" is not allowed; ${allowed}`],
    ['a > b', `targets.…: "a " is not allowed; ${allowed}`],
    ['a>b>c', `targets.…: "a>b>c" is not allowed; ${allowed}`],
    ['>b', `targets.…: ">b" is not allowed; ${allowed}`],
    ['a>', `targets.…: "a>" is not allowed; ${allowed}`],
    ['orders#3', `targets.…: "orders#3" is not allowed; ${allowed}`],
    ['42', `targets.…: "42" is not allowed; ${allowed}`],
    [
      'b/',
      'targets.…: "" is not allowed after the first /; a method such as POST /charges, GET /orders/:id, * /admin/** or acme.Inventory/Reserve',
    ],
    [
      'b/post /charges',
      'targets.…: "post /charges" is not allowed after the first /; a method such as POST /charges, GET /orders/:id, * /admin/** or acme.Inventory/Reserve',
    ],
  ])('refuses %j', (text, message) => {
    expect(() => targetKey(text, at)).toThrow(expect.objectContaining({ message }))
  })
})

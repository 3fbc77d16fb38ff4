import { expect, it } from 'vitest'
import { resolveCoalesceOptions } from './coalesce-options.ts'
import { Coalescing } from './coalescing.ts'

it('lets nobody join a call that began when other calls were equal', () => {
  const by = (headers: string[]) => resolveCoalesceOptions({ by: { headers } })
  const coalescing = new Coalescing('orders', by([]), () => {})
  const request = { method: 'GET /a' }
  const waiter = { deadlineMs: Number.POSITIVE_INFINITY, onLanded: () => {} }
  const isLeader = (): boolean | undefined => coalescing.join(coalescing.keyOf(request, {}) ?? '', waiter)?.isLeader
  expect([isLeader(), isLeader()]).toEqual([true, false])
  // Of alice's call, which was equal to anybody's.
  coalescing.update(by(['x-user']))
  expect([isLeader(), isLeader()]).toEqual([true, false])
  coalescing.update({ ...by(['x-user']), maxKeys: 7 })
  expect(isLeader()).toBe(false)
})

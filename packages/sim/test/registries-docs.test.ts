// docs/registries.md carries the table of faults: each one that is made has its row there, and no other.
import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { faults } from '../validation/registries/all.ts'
import { idOf, isGood, type RegistryRow } from '../validation/registries/fault.ts'

it('docs/registries.md has a row for each fault', async () => {
  const text = await readFile(new URL('../../../docs/registries.md', import.meta.url), 'utf8')
  const rows = [...text.matchAll(/^\| (consul|etcd) \| ([^|]+) \| [\d,]+ ms \| \d+ \| \d+ \| [\d.]+ % \|$/gm)].map(
    ([, registry, fault]) => `${registry}/${fault}`,
  )
  expect(rows).toEqual(faults.map(({ registry, fault }) => `${registry}/${fault}`))
})

it('names each fault so that --only finds it', () => {
  expect(new Set(faults.map(idOf)).size).toBe(faults.length)
  expect(faults.map(idOf)).toContain('consul/sigstop-10-s')
})

it('a row is bad where a change was lost or never seen, somebody wrongly removed, or a call in a thousand not answered', () => {
  const row: RegistryRow = {
    ...{ registry: 'etcd', fault: 'cut', seenAfterMs: 8, eventsLost: 0, wrongRemovals: 0, goodput: 0.999 },
  }
  expect(isGood(row)).toBe(true)
  for (const worse of [{ seenAfterMs: null }, { eventsLost: 1 }, { wrongRemovals: 1 }, { goodput: 0.9989 }]) {
    expect(isGood({ ...row, ...worse })).toBe(false)
  }
})

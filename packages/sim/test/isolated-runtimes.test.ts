// No two runtimes share an object that holds a port: proved on the heap itself, of worlds with many hosts, after traffic.
import { execFileSync } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Isolation } from './heap-of-worlds.ts'

const PROGRAM = fileURLToPath(new URL('./heap-of-worlds.ts', import.meta.url))

interface Findings {
  readonly found: Readonly<Record<string, Isolation>>
  readonly hosts: number
}

describe('the runtimes of simulated hosts', () => {
  let found: Findings['found']
  let hosts: number

  beforeAll(() => {
    const args = ['-C', '@seakeep/source', PROGRAM]
    const printed = execFileSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 1e9 })
    ;({ found, hosts } = JSON.parse(printed) as Findings)
  }, 60_000)

  it('are joined by no port, after traffic and with policies, balancers, breakers and handlers made', () => {
    expect(found.worlds).toEqual({ runtimes: hosts, unseen: [], shared: [] })
    expect(hosts).toBeGreaterThan(20)
  })

  it.each(['none', 'harmless'])('are told to be apart where they are: %s', (name) => {
    expect(found[name]).toEqual({ runtimes: 2, unseen: [], shared: [] })
  })

  it.each<[string, RegExp]>([
    ['a balancer for all', /^SeededRandom: .*balancer/],
    ['the same clock', /^VirtualClock: /],
    ['the same event sink', /^Object: .*events/],
    ['a closure', /^SeededRandom: .*classifier/],
    ['a variable of a module', /^random of .* is held by a module: .*memory\.random$/],
    ['a stream of chance', /^Sfc32: /],
  ])('are found out where something joins them: %s', (name, way) => {
    expect(found[name]?.runtimes).toBe(2)
    expect(found[name]?.shared.join('\n')).toMatch(way)
  })
})

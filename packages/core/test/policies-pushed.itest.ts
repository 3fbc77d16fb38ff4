// A document pushed to fifty runtimes in one process that call all the while: on the real clock, from memory and from a file.
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { GovernanceEvent, Runtime } from '../src/index.ts'
import {
  assembleRuntime,
  MemoryRegistry,
  NO_LOAD,
  NO_SIGNALS,
  PolicyFile,
  type PolicySource,
  parsePolicyText,
  realClock,
} from '../src/spi.ts'
import { MemoryTransport, memoryPolicyStore, SeededRandom } from '../src/testing/index.ts'

const RUNTIMES = 50
const LIVE = ['a', 'b', 'c']

const text = (timeout: string): string => `version: 1
targets:
  orders:
    timeout: ${timeout}
    retry: { maxAttempts: 2, budget: false, backoff: { initial: 0, max: 0 } }
    circuitBreaker: { minimumCalls: 5, openFor: 60s, per: endpoint }
    outlier: { consecutiveFailures: 5, baseEjection: 60s, maxEjected: 50% }
    rateLimit: { rate: 100000 }
    loadBalancing: round-robin
`

interface Place {
  connect(): PolicySource
  put(text: string): Promise<void>
  close(): Promise<void>
}

const PLACES: readonly [string, (first: string) => Promise<Place>][] = [
  [
    'memory',
    async (first) => {
      const store = memoryPolicyStore(first)
      return { connect: () => store.connect(), put: async (next) => store.put(next), close: async () => {} }
    },
  ],
  [
    'a file',
    async (first) => {
      const folder = await mkdtemp(join(tmpdir(), 'seakeep-pushed-'))
      const path = join(folder, 'policies.yaml')
      await writeFile(path, first)
      return {
        connect: () => new PolicyFile(path, realClock()),
        put: async (next) => {
          await writeFile(`${path}.new`, next)
          await rename(`${path}.new`, path)
        },
        close: () => rm(folder, { recursive: true, force: true }),
      }
    },
  ],
]

/** Runtimes that call `orders` one call after the other; one of its four endpoints answers nothing but 500. */
class Fleet {
  readonly runtimes: Runtime[] = []
  readonly events: GovernanceEvent[] = []
  readonly failures: unknown[] = []
  calls = 0
  #isCalling = true
  readonly #callers: Promise<void>[] = []

  constructor(place: Place) {
    const clock = realClock()
    for (let i = 0; i < RUNTIMES; i++) {
      const registry = new MemoryRegistry(clock)
      const transport = new MemoryTransport(clock)
      for (const id of [...LIVE, 'sick']) {
        transport.serve(id, (far) => far.answer(id === 'sick' ? 500 : 200))
        const address = { host: id, port: 80 }
        const instance = { id, service: 'orders', address, protocol: 'memory', weight: 1 }
        registry.register(instance, Number.POSITIVE_INFINITY, () => {})
      }
      const runtime = assembleRuntime(
        { service: 'web', policies: undefined },
        {
          ...{ clock, random: new SeededRandom(i), events: { emit: (event) => void this.events.push(event) } },
          ...{ transports: [transport], registries: [registry], servers: [], load: NO_LOAD, signals: NO_SIGNALS },
        },
      )
      runtime.follow(place.connect())
      this.runtimes.push(runtime)
    }
  }

  get hashes(): ReadonlySet<string | undefined> {
    return new Set(this.runtimes.map(({ policies }) => policies.value.hash))
  }

  count(type: GovernanceEvent['type']): number {
    return this.events.filter((event) => event.type === type).length
  }

  call(): void {
    for (const runtime of this.runtimes) this.#callers.push(this.#keepCalling(runtime))
  }

  async end(): Promise<void> {
    this.#isCalling = false
    await Promise.all(this.#callers)
    await Promise.all(this.runtimes.map((runtime) => runtime.close()))
  }

  async #keepCalling(runtime: Runtime): Promise<void> {
    while (this.#isCalling) {
      this.calls++
      await runtime
        .client('orders')
        .call()
        .catch((error: unknown) => this.failures.push(error))
      await sleep(5)
    }
  }
}

describe.each(PLACES)('a document in %s', (_, create) => {
  it('that is bad changes nothing but an event; one that is good reaches fifty runtimes within a second', async () => {
    const place = await create(text('5s'))
    const fleet = new Fleet(place)
    try {
      await until(() => fleet.hashes.size === 1 && !fleet.hashes.has(undefined), 2000)
      fleet.call()
      // Until all have set the sick one aside.
      await until(() => fleet.count('endpointEjected') >= RUNTIMES && fleet.count('circuitOpened') >= RUNTIMES, 5000)
      const [ejected, opened] = [fleet.count('endpointEjected'), fleet.count('circuitOpened')]

      const bad = text('5s').replace('maxAttempts: 2', 'maxAttempts: none')
      await place.put(bad)
      await until(() => fleet.count('policyRejected') >= RUNTIMES, 3000)
      await sleep(200)
      expect(fleet.count('policyRejected')).toBe(RUNTIMES)
      expect(fleet.hashes).toEqual(new Set([parsePolicyText(text('5s'), '').hash]))
      expect(new Set(fleet.runtimes.map(({ policies }) => policies.value.rejected === undefined))).toEqual(
        new Set([false]),
      )

      const { calls } = fleet
      const beganMs = performance.now()
      await place.put(text('4s'))
      const { hash } = parsePolicyText(text('4s'), '')
      await until(() => fleet.hashes.size === 1 && fleet.hashes.has(hash), 3000)
      expect(performance.now() - beganMs).toBeLessThan(1000)
      await sleep(200)
      expect(fleet.calls).toBeGreaterThan(calls + RUNTIMES)

      // Nobody forgot whom it had set aside: no circuit opened again, nobody was ejected anew, and no call was lost.
      expect([fleet.count('endpointEjected'), fleet.count('circuitOpened')]).toEqual([ejected, opened])
      expect(fleet.count('policyApplied')).toBe(2 * RUNTIMES)
      for (const runtime of fleet.runtimes) expect(runtime.breaker('orders', 'sick').value).toBe('open')
      expect(fleet.failures).toEqual([])
    } finally {
      await fleet.end()
      await place.close()
    }
  })
})

async function until(condition: () => boolean, mostMs: number): Promise<void> {
  for (const endMs = performance.now() + mostMs; !condition() && performance.now() < endMs; ) await sleep(5)
  expect(condition()).toBe(true)
}

// The process that holds the registrations: each has a registrar of its own, with the lease and the heartbeats of a process
// that serves, over a few clients of the registry. The services are dealt out among these, so that each looks its own up.
import type { Instance } from '@seakeep/core'
import {
  type EventSink,
  Registrar,
  type Registry,
  type RegistryAnswer,
  type RegistrySink,
  realClock,
  SeededRandom,
} from '@seakeep/core/spi'
import { type FleetOrder, type FleetReport, now, type ScalePlan, serviceName } from './scale-plan.ts'
import { openRegistry } from './scale-registry.ts'

/** Registrations under way: processes do not all start in one moment either. */
const AT_ONCE = 64
const ADDED_LEASE_MS = 300_000

const plan = JSON.parse(process.argv[2] ?? '{}') as ScalePlan
let heartbeats = 0
let failures = 0

const events: EventSink = {
  emit({ type }) {
    if (type === 'registrationLost' || type === 'registrationFailed') failures++
  },
}
const ports = { clock: realClock(), random: new SeededRandom(1), events }

/** A client whose heartbeats are counted. */
class Counting implements Registry {
  readonly name: string
  readonly #registry: Registry

  constructor(registry: Registry) {
    this.name = registry.name
    this.#registry = registry
  }
  watch(service: string, sink: RegistrySink): Disposable {
    return this.#registry.watch(service, sink)
  }
  register(instance: Instance, ttlMs: number, done: RegistryAnswer): void {
    this.#registry.register(instance, ttlMs, done)
  }
  heartbeat(instance: Instance, ttlMs: number, done: RegistryAnswer): void {
    this.#registry.heartbeat(instance, ttlMs, (error) => {
      if (error === undefined) heartbeats++
      done(error)
    })
  }
  deregister(instance: Instance, done: RegistryAnswer): void {
    this.#registry.deregister(instance, done)
  }
  close(): void {
    this.#registry.close()
  }
}

const registries = await Promise.all(
  plan.agents.map(async (address) => new Counting(await openRegistry(plan, address, ports))),
)

function registryOf(service: number): Registry {
  return registries[service % registries.length]!
}

function instanceOf(service: string, id: string): Instance {
  return { id, service, address: { host: '10.0.0.1', port: 8080 }, protocol: 'http', weight: 1, zone: 'a' }
}

function send(report: FleetReport): void {
  process.send?.(report)
}

async function register(service: number, number: number): Promise<void> {
  const name = serviceName(service)
  const instance = instanceOf(name, `${name}-${number}`)
  const registrar = new Registrar(instance, registryOf(service), ports, { ttlMs: plan.leaseMs })
  const registered = new Promise<void>((resolve) => {
    registrar.cell.changes$.subscribe((state) => state === 'registered' && resolve())
  })
  registrar.start()
  await registered
}

const beganMs = now()
let next = 0
const total = plan.services * plan.instances
const lane = async (): Promise<void> => {
  while (next < total) {
    const one = next++
    await register(one % plan.services, Math.floor(one / plan.services))
  }
}
await Promise.all(Array.from({ length: AT_ONCE }, lane))
send({ type: 'registered', tookMs: now() - beganMs })
setInterval(() => {
  send({ type: 'second', heartbeats, failures })
  heartbeats = 0
  failures = 0
}, 1000)

process.on('message', ({ service, id }: FleetOrder) => {
  const instance = instanceOf(service, id)
  const add = (): void =>
    registryOf(Number(service.slice(-4))).register(instance, ADDED_LEASE_MS, (error) => {
      if (error === undefined) send({ type: 'added', id, atMs: now() })
      else add()
    })
  add()
})
process.on('disconnect', () => process.exit())

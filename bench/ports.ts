// A runtime on the machine's clock whose servers answer within the process: what is measured is the pipeline alone.
import type { Instance, Runtime } from '@seakeep/core'
import {
  assembleRuntime,
  type Clock,
  MemoryRegistry,
  NO_EVENTS,
  NO_LOAD,
  NO_SIGNALS,
  type PolicyDocument,
  parsePolicyDocument,
  type Registry,
  type RuntimePorts,
  realClock,
} from '@seakeep/core/spi'
import { type FarHandler, MemoryTransport } from '@seakeep/core/testing'

/** As in production: one generator for everything. */
const stream = { next: Math.random }
export const CHANCE: RuntimePorts['random'] = { draw: Math.random, stream: () => stream }

export function portsOf(clock: Clock, registry: Registry, transports: RuntimePorts['transports']): RuntimePorts {
  return {
    clock,
    random: CHANCE,
    events: NO_EVENTS,
    transports,
    registries: [registry],
    servers: [],
    load: NO_LOAD,
    signals: NO_SIGNALS,
  }
}

export function documentOf(layers: object): PolicyDocument {
  return parsePolicyDocument({ version: 1, targets: { '*': layers } })
}

const ANSWER: FarHandler = (far) => far.answer(200, 'ok')

/** A runtime that calls `orders`, in so many instances, all of which answer at once or as told. */
export function runtimeOf(layers: object, endpoints: number, handler: FarHandler = ANSWER): Runtime {
  const clock = realClock()
  const transport = new MemoryTransport(clock)
  const instances = Array.from({ length: endpoints }, (_, i): Instance => {
    const id = `orders#${i + 1}`
    transport.serve(id, handler)
    return { id, service: 'orders', address: { host: 'memory', port: 1 }, protocol: 'memory', weight: 1 }
  })
  const ports = portsOf(clock, new MemoryRegistry(clock, instances), [transport])
  return assembleRuntime({ service: 'bench', policies: documentOf(layers) }, ports)
}

// One Consul server and the agents of so many machines: where there are many instances, they stand with many agents, each
// of which keeps the leases of its own, and the server has them all.

import { consulNode, consulPlan } from '../../../../tools/real-servers/consul-server.ts'
import { freePorts } from '../../../../tools/real-servers/index.ts'
import { startServer } from '../../../../tools/real-servers/real-server.ts'
import type { Farm } from './scale-plan.ts'

export async function startConsulFarm(count: number): Promise<Farm> {
  await using starting = new AsyncDisposableStack()
  const ports = await freePorts(3 * (count + 1))
  const [main, ...machines] = Array.from({ length: count + 1 }, (_, i) =>
    consulNode(`n${i}`, ports.slice(3 * i, 3 * i + 3)),
  )
  if (main === undefined) throw new Error('there is no server')
  const server = starting.use(await startServer(consulPlan(main, ['-dev'], {})))
  const join = [`-retry-join=${server.host}:${main.gossip}`, '-retry-interval=200ms']
  const addresses: string[] = []
  for (const machine of machines) {
    addresses.push(starting.use(await startServer(consulPlan(machine, join, {}))).address)
  }
  const running = starting.move()
  return { address: server.address, agents: addresses, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

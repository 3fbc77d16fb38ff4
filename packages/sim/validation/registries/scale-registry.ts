import { type AdapterPorts, type Registry, Tokens } from '@seakeep/core/spi'
import { consul } from '@seakeep/registry-consul'
import { etcd } from '@seakeep/registry-etcd'
import { Container, type ContainerModule } from 'inversify'
import type { ScalePlan } from './scale-plan.ts'

/** As an application has it. */
export function moduleOf({ registry }: ScalePlan, address: string): ContainerModule {
  return registry === 'consul' ? consul({ address }) : etcd({ endpoints: [address] })
}

/** A client without a runtime about it, for registrations. What it reads are only looks at itself, once a heartbeat. */
export async function openRegistry({ registry }: ScalePlan, address: string, ports: AdapterPorts): Promise<Registry> {
  const container = new Container()
  const seldom = { wait: '1m', staleness: '1m' } as const
  await container.loadAsync(registry === 'consul' ? consul({ address, ...seldom }) : etcd({ endpoints: [address] }))
  return container.get(Tokens.registry)(ports)
}

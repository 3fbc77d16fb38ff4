import { type AdapterPorts, type Registry, Tokens } from '@seakeep/core/spi'
import { consul } from '@seakeep/registry-consul'
import { etcd } from '@seakeep/registry-etcd'
import { Container, type ContainerModule } from 'inversify'
import type { ScalePlan } from './scale-plan.ts'

export function moduleOf({ registry }: ScalePlan, address: string): ContainerModule {
  return registry === 'consul' ? consul({ address }) : etcd({ endpoints: [address] })
}

/** A client of the registry without a runtime about it. */
export async function openRegistry(plan: ScalePlan, address: string, ports: AdapterPorts): Promise<Registry> {
  const container = new Container()
  await container.loadAsync(moduleOf(plan, address))
  return container.get(Tokens.registry)(ports)
}

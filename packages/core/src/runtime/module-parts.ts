import { Container, type ContainerModule } from 'inversify'
import { createBalancer } from '../balancing/balancer-factory.ts'
import { classify } from '../call/classification.ts'
import { listOf } from '../options/collections.ts'
import { type Field, scalar } from '../options/field.ts'
import type { RuntimeParts } from './ports.ts'
import { Tokens } from './tokens.ts'

const MODULE = scalar({
  suffix: '',
  expected: 'a container module, as http() or memoryRegistry()',
  read: (input) => (isModule(input) ? input : undefined),
  hint: (input) => (typeof input === 'function' ? '; is it a module that was not called?' : ''),
  schema: { not: {} },
})

/** The option `modules`, of runtimes and of scenarios. */
export const MODULES: Field<readonly ContainerModule[], ''> = listOf(MODULE)

function isModule(input: unknown): input is ContainerModule {
  return typeof input === 'object' && input !== null && typeof (input as { load?: unknown }).load === 'function'
}

/** Loads modules over the built-in parts. One after the other: of what two of them rebind the later must win. */
export async function loadModules(container: Container, modules: readonly ContainerModule[]): Promise<void> {
  container.bind(Tokens.classifier).toConstantValue(classify)
  container.bind(Tokens.balancer).toConstantValue(createBalancer)
  for (const module of modules) await container.loadAsync(module)
}

export function boundParts(container: Container): RuntimeParts {
  return {
    classifier: container.get(Tokens.classifier),
    createBalancer: container.get(Tokens.balancer),
    createLimit: container.isBound(Tokens.limit) ? container.get(Tokens.limit) : undefined,
  }
}

/** The parts that modules bind, for who has ports of its own: a simulation. What else they bind is not asked for. */
export async function partsOf(modules: readonly ContainerModule[]): Promise<RuntimeParts> {
  const container = new Container({ defaultScope: 'Singleton' })
  await loadModules(container, modules)
  return boundParts(container)
}

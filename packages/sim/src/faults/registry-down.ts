import type { FaultContext, Striking } from './fault-context.ts'

/** The registry answers nobody and tells nobody. */
export function registryDown(context: FaultContext): Striking {
  const { registry } = context.world
  return {
    begin() {
      context.touch('registry')
      registry.goDown()
    },
    end: () => registry.comeBack(),
  }
}

import type { VirtualInstance } from '../model/virtual-instance.ts'
import type { World } from '../model/world.ts'
import type { ResolvedFault } from '../scenario/resolved-scenario.ts'
import { crash } from './crash.ts'
import { error } from './error.ts'
import { FaultContext, type Striking } from './fault-context.ts'
import { hold } from './hold.ts'
import { pause } from './pause.ts'
import { registryDown } from './registry-down.ts'
import { slow } from './slow.ts'

/** Sets the scenario's faults on the kernel's time. A fault without an end lasts to the end of the run. */
export function scheduleFaults(world: World, restart: (instance: VirtualInstance) => void): void {
  world.scenario.faults.forEach((fault, number) => {
    const striking = strikingOf(fault, new FaultContext(world, number, fault.label, restart))
    const { kernel, recorder } = world
    const tell = (type: 'faultBegan' | 'faultEnded'): void =>
      recorder.log.add({ atMs: kernel.nowUs / 1000, type, fault: fault.label })
    kernel.at(fault.atMs * 1000, {
      onTimer() {
        tell('faultBegan')
        striking.begin()
      },
    })
    if (fault.untilMs === Number.POSITIVE_INFINITY) return
    kernel.at(fault.untilMs * 1000, {
      onTimer() {
        striking.end()
        tell('faultEnded')
      },
    })
  })
}

function strikingOf(fault: ResolvedFault, context: FaultContext): Striking {
  switch (fault.kind) {
    case 'slow':
      return slow(fault, context)
    case 'error':
      return error(fault, context)
    case 'crash':
      return crash(fault, context)
    case 'pause':
      return pause(fault, context)
    case 'hold':
      return hold(fault, context)
    case 'registryDown':
      return registryDown(context)
  }
}

import { hashText, mix } from '@seakeep/core/spi'
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
import { surge } from './surge.ts'

/** Sets the scenario's faults on the kernel's time. A fault without an end lasts to the end of the run. */
export function scheduleFaults(world: World, restart: (instance: VirtualInstance) => void): void {
  const coins = new Set<number>()
  for (const fault of world.scenario.faults) {
    const coin = coinOf(fault, coins)
    const striking = strikingOf(fault, new FaultContext(world, coin, fault.label, restart))
    const { kernel, recorder } = world
    const tell = (type: 'faultBegan' | 'faultEnded'): void =>
      recorder.log.add({ atMs: kernel.nowUs / 1000, type, fault: fault.label })
    kernel.at(fault.atMs * 1000, {
      onTimer() {
        tell('faultBegan')
        striking.begin()
      },
    })
    if (fault.untilMs === Number.POSITIVE_INFINITY) continue
    kernel.at(fault.untilMs * 1000, {
      onTimer() {
        striking.end()
        tell('faultEnded')
      },
    })
  }
}

/**
 * A coin by what the fault is, not by its place in the list, so that taking out another one changes nobody's luck (oracle
 * S3); without its strength, so that a weaker one strikes some of the requests that a stronger one does.
 */
function coinOf(fault: ResolvedFault, taken: Set<number>): number {
  const target = 'target' in fault ? JSON.stringify(fault.target) : fault.kind === 'surge' ? fault.of : ''
  let coin = hashText(`${fault.kind} ${target} ${fault.atMs}`)
  while (taken.has(coin)) coin = mix(coin, 1)
  taken.add(coin)
  return coin
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
    case 'surge':
      return surge(fault, context)
  }
}

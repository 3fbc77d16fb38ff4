import { hashText, mix } from '@seakeep/core/spi'
import type { Fleet } from '../model/fleet.ts'
import type { World } from '../model/world.ts'
import type { ResolvedFault } from '../scenario/resolved-scenario.ts'
import { bandwidth } from './bandwidth.ts'
import { capacity } from './capacity.ts'
import { clockSkew } from './clock-skew.ts'
import { crash } from './crash.ts'
import { deploy } from './deploy.ts'
import { drain } from './drain.ts'
import { duplicate } from './duplicate.ts'
import { error } from './error.ts'
import { FaultContext, type Striking } from './fault-context.ts'
import { flush } from './flush.ts'
import { hang } from './hang.ts'
import { hold } from './hold.ts'
import { loss } from './loss.ts'
import { partition } from './partition.ts'
import { pause } from './pause.ts'
import { registryDown } from './registry-down.ts'
import { registryWeakness } from './registry-weakness.ts'
import { reset } from './reset.ts'
import { slow } from './slow.ts'
import { surge } from './surge.ts'

/** Sets the scenario's faults on the kernel's time. A fault without an end lasts to the end of the run. */
export function scheduleFaults(world: World, fleet: Fleet): void {
  const coins = new Set<number>()
  for (const fault of world.scenario.faults) {
    const coin = coinOf(fault, coins)
    const striking = strikingOf(fault, new FaultContext(world, coin, fault.label, fleet))
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
 * S3), and by which requests it is for; without its strength, so that a weaker one strikes some of the requests that a stronger one does.
 */
function coinOf(fault: ResolvedFault, taken: Set<number>): number {
  const target = 'target' in fault ? JSON.stringify(fault.target) : fault.kind === 'surge' ? fault.of : ''
  const only = 'only' in fault && fault.only !== undefined ? ` ${fault.only.label}` : ''
  let coin = hashText(`${fault.kind} ${target} ${fault.atMs}${only}`)
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
    case 'partition':
      return partition(fault, context)
    case 'loss':
      return loss(fault, context)
    case 'duplicate':
      return duplicate(fault, context)
    case 'bandwidth':
      return bandwidth(fault, context)
    case 'reset':
      return reset(fault, context)
    case 'drain':
      return drain(fault, context)
    case 'deploy':
      return deploy(fault, context)
    case 'clockSkew':
      return clockSkew(fault, context)
    case 'registryStale':
    case 'registryFlap':
    case 'registryPartial':
    case 'registryEmpty':
    case 'registryPartition':
      return registryWeakness(fault, context)
    case 'hang':
      return hang(fault, context)
    case 'capacity':
      return capacity(fault, context)
    case 'flush':
      return flush(fault, context)
    case 'surge':
      return surge(fault, context)
  }
}

import { hashText, mix, type Timer } from '@seakeep/core/spi'
import type { RegistryCut, RegistryVeil } from '../model/virtual-registry.ts'
import type { ResolvedFault } from '../scenario/resolved-scenario.ts'
import type { FaultContext, Striking } from './fault-context.ts'

type Weakness = ResolvedFault & {
  readonly kind: 'registryStale' | 'registryFlap' | 'registryPartial' | 'registryEmpty' | 'registryPartition'
}

/** The registry answers, and what it says is not so. Nobody has said goodbye who is missing for it. */
export function registryWeakness(fault: Weakness, context: FaultContext): Striking {
  const { registry } = context.world
  const striking = strikingOf(fault, context)
  return {
    begin() {
      context.touch('registry')
      striking.begin()
    },
    end: () => striking.end(),
  }

  function strikingOf(fault: Weakness, context: FaultContext): Striking {
    switch (fault.kind) {
      case 'registryStale':
        return { begin: () => registry.freeze(), end: () => registry.thaw() }
      case 'registryFlap':
        return flapping(fault, context)
      case 'registryPartial': {
        let hidden: ReadonlySet<string> = new Set()
        const veil: RegistryVeil = { hides: ({ id }) => hidden.has(id) }
        const begin = (): void => {
          hidden = shareOf(fault, context)
          registry.veil(veil)
        }
        return { begin, end: () => registry.unveil(veil) }
      }
      case 'registryEmpty': {
        const veil: RegistryVeil = { hides: () => true }
        const begin = (): void => {
          registry.veil(veil)
          registry.forget()
        }
        return { begin, end: () => registry.unveil(veil) }
      }
      case 'registryPartition': {
        const { zones, services } = fault
        const cut: RegistryCut = {
          parts: ({ zone, caller }) => services.includes(caller) || (zone !== undefined && zones.includes(zone)),
        }
        return { begin: () => registry.cutOff(cut), end: () => registry.reunite(cut) }
      }
    }
  }
}

/** Gone for the first half of each period, there for the second. */
function flapping(fault: Weakness & { readonly kind: 'registryFlap' }, context: FaultContext): Striking {
  const { kernel, registry } = context.world
  let hidden: ReadonlySet<string> = new Set()
  const veil: RegistryVeil = { hides: ({ id }) => hidden.has(id) }
  let timer: Timer | undefined
  const toggle = (isGone: boolean): void => {
    if (isGone) registry.veil(veil)
    else registry.unveil(veil)
    timer = kernel.after(fault.everyMs * 500, { onTimer: () => toggle(!isGone) })
  }
  return {
    begin() {
      hidden = new Set(context.instances(fault.target).map(({ name }) => name))
      toggle(true)
    },
    end() {
      timer?.cancel()
      registry.unveil(veil)
    },
  }
}

/** So many of each service's instances, whichever the fault's coin puts first: with a larger ratio these and others. */
function shareOf(
  { ratio, services }: Weakness & { readonly kind: 'registryPartial' },
  { world, coin }: FaultContext,
): ReadonlySet<string> {
  const hidden = new Set<string>()
  for (const { name } of world.scenario.services) {
    if (services.length > 0 && !services.includes(name)) continue
    const ranks = world
      .instancesOf(name)
      .map((instance) => [mix(hashText(instance.name), coin), instance.name] as const)
    ranks.sort(([a], [b]) => a - b)
    for (const [, instance] of ranks.slice(0, Math.round(ratio * ranks.length))) hidden.add(instance)
  }
  return hidden
}

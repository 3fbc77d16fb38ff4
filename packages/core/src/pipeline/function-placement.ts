import type { Transport } from '../transport/transport.ts'
import type { Placement } from './route.ts'

/** The placement of a policy that guards a function: nothing is picked, the function is the only place to go. */
export class FunctionPlacement implements Placement {
  readonly balancer = undefined
  readonly size = 0
  readonly present: readonly never[] = []
  readonly versions = { has: (): boolean => false }
  readonly transport: Transport
  isClosing = false

  constructor(transport: Transport) {
    this.transport = transport
  }

  pick(): undefined {
    return undefined
  }

  onVerdict(): void {}
}

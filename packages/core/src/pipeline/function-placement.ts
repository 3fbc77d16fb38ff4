import type { Transport } from '../transport/transport.ts'
import { IdleAttempts } from './idle-attempts.ts'
import type { Placement } from './route.ts'

/** The placement of a policy that guards a function: nothing is picked, the function is the only place to go. */
export class FunctionPlacement implements Placement {
  readonly balancer = undefined
  readonly size = 0
  readonly present: readonly never[] = []
  readonly versions = { has: (): boolean => false }
  readonly transport: Transport
  isClosing = false
  #idle: IdleAttempts | undefined = undefined

  constructor(transport: Transport) {
    this.transport = transport
  }

  get idle(): IdleAttempts {
    this.#idle ??= new IdleAttempts()
    return this.#idle
  }

  /** Whoever waits is refused. */
  closeIdle(): void {
    this.#idle?.close()
  }

  pick(): undefined {
    return undefined
  }

  onVerdict(): void {}
}

import { type StateCell, WritableCell } from '../state/state-cell.ts'
import { type Evidence, type ServiceHealth, serviceHealth } from './service-health.ts'

/**
 * What is known of a service's endpoints, as one cell. It is put together when it is read or followed, not when an
 * endpoint changes: most services of a large system have nobody who looks.
 */
export class HealthCell implements StateCell<ServiceHealth> {
  readonly #service: string
  readonly #evidence: () => Iterable<Evidence>
  #value: ServiceHealth | undefined = undefined
  #cell: WritableCell<ServiceHealth> | undefined = undefined

  constructor(service: string, evidence: () => Iterable<Evidence>) {
    this.#service = service
    this.#evidence = evidence
  }

  /** As of the last change of some endpoint's state; the words of checks that changed nothing are those of then. */
  get value(): ServiceHealth {
    if (this.#cell !== undefined) return this.#cell.value
    this.#value ??= serviceHealth(this.#service, this.#evidence())
    return this.#value
  }

  get changes$(): StateCell<ServiceHealth>['changes$'] {
    this.#cell ??= new WritableCell(this.value)
    return this.#cell.changes$
  }

  /** Some endpoint's state has changed. */
  touch(): void {
    this.#value = undefined
    this.#cell?.set(serviceHealth(this.#service, this.#evidence()))
  }

  close(): void {
    this.#cell?.complete()
  }
}

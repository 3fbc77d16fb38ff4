import type { ResolvedPolicy } from '../config/policy-options.ts'
import { CheckLoop } from '../health/check-loop.ts'
import { HealthCell } from '../health/health-cell.ts'
import { OutlierDetector } from '../health/outlier.ts'
import type { Evidence } from '../health/service-health.ts'
import type { EndpointRow } from './endpoint-row.ts'
import type { TargetPorts } from './target-ports.ts'
import { TransportChecker } from './transport-checker.ts'

const NOBODY: ReadonlyMap<string, EndpointRow> = new Map()

/** All that watches over the endpoints of one target, each where the policy asks for it, and the cell they share. */
export class TargetHealth {
  readonly #service: string
  /** Made when somebody looks. */
  #cell: HealthCell | undefined = undefined
  readonly #outliers: OutlierDetector | undefined
  readonly #checks: CheckLoop | undefined = undefined
  #rows: ReadonlyMap<string, EndpointRow> = NOBODY

  constructor(service: string, { outlier, health }: ResolvedPolicy, ports: TargetPorts) {
    const { clock, random, events } = ports
    this.#service = service
    const parts = { clock, random, events, service, onChange: () => this.#cell?.touch() }
    this.#outliers = outlier === undefined ? undefined : new OutlierDetector(outlier, parts)
    if (health === undefined) return
    const checker = new TransportChecker(service, clock, (protocol) => ports.transportFor(protocol))
    this.#checks = new CheckLoop(health, { ...parts, checker })
  }

  get cell(): HealthCell {
    this.#cell ??= new HealthCell(this.#service, () => this.#evidence())
    return this.#cell
  }

  /** An attempt has ended. */
  onResult(row: EndpointRow, verdict: 'success' | 'failure', nowMs: number): void {
    this.#outliers?.onResult(row, verdict, nowMs)
  }

  /** Takes over the rows of a snapshot; `all` has those in their grace too. */
  setRows(present: readonly EndpointRow[], all: ReadonlyMap<string, EndpointRow> | undefined): void {
    this.#rows = all ?? NOBODY
    this.#outliers?.setHosts(present)
    this.#checks?.setHosts(present)
    this.#cell?.touch()
  }

  close(): void {
    this.#outliers?.close()
    this.#checks?.close()
    this.#cell?.close()
  }

  *#evidence(): Iterable<Evidence> {
    for (const { id, leftAtMs, check, outlier } of this.#rows.values()) {
      yield { id, leftAtMs, outlier, check: this.#checks === undefined ? undefined : check }
    }
  }
}

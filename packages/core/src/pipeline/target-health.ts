import type { ResolvedPolicy } from '../config/policy-options.ts'
import { CheckLoop } from '../health/check-loop.ts'
import { HealthCell } from '../health/health-cell.ts'
import type { ResolvedHealthOptions } from '../health/health-options.ts'
import { OutlierDetector, type OutlierParts } from '../health/outlier.ts'
import type { ResolvedOutlierOptions } from '../health/outlier-options.ts'
import type { Evidence } from '../health/service-health.ts'
import type { ShadowHost } from '../telemetry/shadow-tally.ts'
import type { EndpointRow } from './endpoint-row.ts'
import type { TargetPorts } from './target-ports.ts'
import { TransportChecker } from './transport-checker.ts'

const NOBODY: ReadonlyMap<string, EndpointRow> = new Map()

/** All that watches over the endpoints of one target, each where the policy asks for it, and the cell they share. */
export class TargetHealth {
  readonly #service: string
  readonly #ports: TargetPorts
  readonly #host: ShadowHost | undefined
  /** Made when somebody looks. */
  #cell: HealthCell | undefined = undefined
  #outliers: OutlierDetector | undefined
  #checks: CheckLoop | undefined
  #present: readonly EndpointRow[] = []
  #rows: ReadonlyMap<string, EndpointRow> = NOBODY

  /** `host`: whose counter is told what layers in shadow would have done. */
  constructor(service: string, { outlier, health }: ResolvedPolicy, ports: TargetPorts, host?: ShadowHost) {
    this.#service = service
    this.#ports = ports
    this.#host = host
    this.#outliers = outlier === undefined ? undefined : this.#createOutliers(outlier)
    this.#checks = health === undefined ? undefined : this.#createChecks(health)
  }

  /** Other numbers; what was found stays, unless the policy takes the layer off: then nobody is judged by it any more. */
  update({ outlier, health }: ResolvedPolicy): void {
    if (outlier === undefined) {
      this.#outliers?.returnAll('the policy watches no outliers any more')
      this.#outliers?.close()
      this.#outliers = undefined
      // Also of those in their grace, whom nobody would give back.
      for (const row of this.#rows.values()) row.forgetEjections()
    } else if (this.#outliers === undefined) {
      this.#outliers = this.#createOutliers(outlier)
      this.#outliers.setHosts(this.#present)
    } else this.#outliers.update(outlier)
    if (health === undefined) {
      this.#checks?.close()
      this.#checks = undefined
      for (const row of this.#rows.values()) row.forgetChecks()
    } else if (this.#checks === undefined) {
      this.#checks = this.#createChecks(health)
      this.#checks.setHosts(this.#present)
    } else this.#checks.update(health)
    this.#cell?.touch()
  }

  #createOutliers(options: ResolvedOutlierOptions): OutlierDetector {
    return new OutlierDetector(options, this.#watching())
  }

  #createChecks(options: ResolvedHealthOptions): CheckLoop {
    const { clock, transportFor } = this.#ports
    const checker = new TransportChecker(this.#service, clock, transportFor)
    return new CheckLoop(options, { ...this.#watching(), checker })
  }

  #watching(): OutlierParts {
    const { clock, random, events } = this.#ports
    return { clock, random, events, service: this.#service, host: this.#host, onChange: () => this.#cell?.touch() }
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
    this.#present = present
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

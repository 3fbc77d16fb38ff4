/**
 * The optional part of the run document, `detail`: what pictures are drawn from. It is recorded only where it is asked
 * for (`--reporter html`, `--detail`), and leaves every other part of the document, trace hashes included, as it is.
 * Series have one value a step from t = 0 on. Calls count in the step in which they were offered, attempts in that in which
 * they were sent.
 */
export interface RunDetail {
  readonly stepMs: number
  readonly durationMs: number
  readonly warmupMs: number
  readonly faults: readonly FaultDetail[]
  readonly services: Readonly<Record<string, ServiceDetail>>
  readonly edges: Readonly<Record<string, EdgeDetail>>
  readonly workload: Readonly<Record<string, WorkloadDetail>>
  /** Concurrency limits of callers, by edge: sums over all callers of that name, as they stood when a step ended. */
  readonly limits: Readonly<Record<string, LimitDetail>>
  /** The worst calls of users, each with all that was done for it. */
  readonly calls: readonly CallDetail[]
}

export interface FaultDetail {
  readonly label: string
  readonly kind: string
  readonly atMs: number
  /** Null where it lasts to the end. */
  readonly untilMs: number | null
  /** The services it strikes; of an edge the far end. Empty where it strikes none in particular. */
  readonly services: readonly string[]
  /** `a>b`, for packets from a to b. */
  readonly edge?: string
  /** `orders#3`, for a single instance. */
  readonly instance?: string
}

export interface ServiceDetail {
  readonly replicas: number
  /** Workers of an instance; null for no limit. */
  readonly concurrency: number | null
  /** Mean number of requests at its instances, at work and in line; absent for the less busy of many services. */
  readonly present?: readonly number[]
}

export interface EdgeDetail {
  readonly calls: readonly number[]
  /** Calls that ended in another way than `ok`. */
  readonly bad: readonly number[]
  /** The rest is absent for the less busy of many edges. */
  readonly attempts?: readonly number[]
  /** Of calls that ended `ok`, in milliseconds, to some 10 %; null where there is none. */
  readonly p50?: readonly (number | null)[]
  readonly p99?: readonly (number | null)[]
  /** By ending other than `ok`. */
  readonly endings?: Readonly<Record<string, readonly number[]>>
}

export interface WorkloadDetail {
  readonly target: string
  readonly offered: readonly number[]
  readonly good: readonly number[]
  /** By ending other than `ok`; `late` is an answer after the deadline. */
  readonly endings: Readonly<Record<string, readonly number[]>>
  /** Of calls that ended `ok`, in milliseconds, to some 5 %. */
  readonly p50: readonly (number | null)[]
  readonly p95: readonly (number | null)[]
  readonly p99: readonly (number | null)[]
  readonly heat: HeatDetail
}

/** How many calls took how long: bucket i holds lengths from `lowestMs * 2 ** (i / perOctave)` on. */
export interface HeatDetail {
  readonly lowestMs: number
  readonly perOctave: number
  /** Of each step the first bucket that is not empty, and the counts from there on; empty for none. */
  readonly steps: readonly (readonly number[])[]
}

export interface LimitDetail {
  readonly limit: readonly (number | null)[]
  readonly inFlight: readonly (number | null)[]
  readonly queued: readonly (number | null)[]
}

/** A call of a user. Instants are milliseconds from its being offered on. */
export interface CallDetail {
  /** What names it, as `client-17`: the same in every run of the seed, and what `seakeep explain --call` takes. */
  readonly id: string
  readonly workload: string
  readonly atMs: number
  readonly isGood: boolean
  readonly call: CallSpanDetail
  /** Spans that were left out of it: the tree is cut beyond so many. */
  readonly cut?: number
  /** The lines of the policy document that decided how it ended; absent for none. */
  readonly decidedBy?: readonly DecidingField[]
}

/** A line of the policy document, or a default, that had a say. */
export interface DecidingField {
  /** `orders>payments`. */
  readonly edge: string
  /** `retry.maxAttempts`. */
  readonly path: string
  readonly value: string
  /** `policies.yaml:4:12`, or `default`. */
  readonly written: string
}

export interface DecisionDetail {
  readonly at: number
  /** How many attempts had been sent before it. */
  readonly after: number
  /** `pick`, `breaker`, `permit`, `budget`, … */
  readonly what: string
  readonly said: string
  /** It stood in the way. */
  readonly bad?: true
}

export interface CallSpanDetail {
  readonly service: string
  readonly method?: string
  /** The host that made it. */
  readonly by: string
  readonly from: number
  /** Null where it was open at the end of the run. */
  readonly until: number | null
  readonly ending: string
  /** Why there was no further attempt. */
  readonly stopped?: string
  /** What its caller's pipeline decided; absent where nothing is worth a line. */
  readonly decided?: readonly DecisionDetail[]
  readonly attempts: readonly AttemptDetail[]
}

export interface AttemptDetail {
  readonly number: number
  /** The instance that was picked. */
  readonly to: string
  readonly from: number
  readonly until: number | null
  readonly ending: string
  /** At the instance: when it arrived, when a worker took it, when it left. A late leaving was work for nobody. */
  readonly arrived?: number
  readonly begun?: number
  readonly left?: number
  /** Faults that struck the request itself, as `slow payments +800ms`. */
  readonly faults?: readonly string[]
  readonly calls?: readonly CallSpanDetail[]
}

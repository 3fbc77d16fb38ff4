/** Where an instance listens. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** One running copy of a service, as a registry knows it. */
export interface Instance {
  /** Unique among the instances of the service, stable for the life of the copy: `orders#3`, `orders-7f9c`. */
  readonly id: string
  readonly service: string
  readonly address: Address
  /** Which transport speaks to it: `http`, `grpc`, … */
  readonly protocol: string
  /** Relative share of the traffic, at least 0. Default 1. */
  readonly weight: number
  readonly zone?: string
  readonly version?: string
  readonly meta?: Readonly<Record<string, string>>
}

/** That copy as this client uses it. Immutable; what changes about it lives in the pipeline's row. */
export type Endpoint = Instance

/** All endpoints of a service at one moment, in the registry's order. Immutable, replaced as a whole. */
export interface Snapshot {
  readonly service: string
  readonly endpoints: readonly Endpoint[]
  /** Grows by one with each change a resolver publishes; 0 is the empty snapshot before the first answer. */
  readonly revision: number
}

export interface SnapshotDiff {
  readonly added: readonly Endpoint[]
  readonly updated: readonly Endpoint[]
  readonly removed: readonly Endpoint[]
}

// What is said to etcd and what it answers: a subset of its rpc.proto and kv.proto, by field numbers. The names are ours.
//
// 64-bit integers are decimal text in answers and bigint in questions' callers; nothing passes through a number, as lease
// ids use all 63 bits.

/** Decimal text of a 64-bit integer. */
export type Int64 = string

export interface Header {
  readonly clusterId: Int64
  readonly revision: Int64
  readonly raftTerm: Int64
}

export interface KeyValue {
  readonly key: Uint8Array
  readonly createRevision: Int64
  readonly modRevision: Int64
  readonly value: Uint8Array
  readonly lease: Int64
}

export interface RangeRequest {
  readonly key: Uint8Array
  readonly rangeEnd?: Uint8Array
  readonly limit?: Int64
  /** 1 ascending, 2 descending. */
  readonly sortOrder?: number
  /** 0 by key, 2 by create revision. */
  readonly sortTarget?: number
  readonly maxCreateRevision?: Int64
}
export interface RangeResponse {
  readonly header: Header
  readonly kvs: readonly KeyValue[]
}

export interface Compare {
  /** 0 equal, 1 greater. */
  readonly result: number
  /** 0 version, 1 create revision, 2 modification revision. */
  readonly target: number
  readonly key: Uint8Array
  readonly version?: Int64
  readonly createRevision?: Int64
  readonly modRevision?: Int64
}
export interface PutRequest {
  readonly key: Uint8Array
  readonly value: Uint8Array
  readonly lease?: Int64
  readonly ignoreLease?: boolean
}
export interface Operation {
  readonly range?: RangeRequest
  readonly put?: PutRequest
  readonly deleteRange?: { readonly key: Uint8Array }
}
export interface TxnRequest {
  readonly compare?: readonly Compare[]
  readonly success: readonly Operation[]
  readonly failure?: readonly Operation[]
}
export interface TxnResponse {
  readonly header: Header
  readonly succeeded: boolean
  readonly responses: readonly { readonly range?: RangeResponse }[]
}

export interface WatchRequest {
  readonly create?: {
    readonly key: Uint8Array
    readonly rangeEnd?: Uint8Array
    readonly startRevision: Int64
    readonly progressNotify: boolean
    readonly watchId: Int64
    readonly fragment: boolean
  }
  readonly cancel?: { readonly watchId: Int64 }
  readonly progress?: Record<never, never>
}
export interface WatchEvent {
  /** 0 put, 1 delete. */
  readonly type: number
  readonly kv: KeyValue
}
export interface WatchResponse {
  readonly header: Header
  readonly watchId: Int64
  readonly created: boolean
  readonly canceled: boolean
  readonly compactRevision: Int64
  readonly cancelReason: string
  readonly fragment: boolean
  readonly events: readonly WatchEvent[]
}

export interface LeaseGrantResponse {
  readonly id: Int64
  readonly ttl: Int64
}

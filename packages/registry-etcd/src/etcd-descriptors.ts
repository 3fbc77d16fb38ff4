// The messages of `etcd-messages.ts` with etcd's field numbers, as protobufjs' JSON descriptors have them.

interface FieldDescriptor {
  readonly type: string
  readonly id: number
  readonly rule?: 'repeated'
}

export interface MessageDescriptor {
  readonly fields: { readonly [name: string]: FieldDescriptor }
  readonly oneofs?: { readonly [name: string]: { readonly oneof: string[] } }
}

export const MESSAGES: { readonly [name: string]: MessageDescriptor } = {
  Header: { fields: { clusterId: field('uint64', 1), revision: field('int64', 3), raftTerm: field('uint64', 4) } },
  KeyValue: {
    fields: {
      key: field('bytes', 1),
      createRevision: field('int64', 2),
      modRevision: field('int64', 3),
      value: field('bytes', 5),
      lease: field('int64', 6),
    },
  },
  RangeRequest: {
    fields: {
      key: field('bytes', 1),
      rangeEnd: field('bytes', 2),
      limit: field('int64', 3),
      sortOrder: field('int32', 5),
      sortTarget: field('int32', 6),
      maxCreateRevision: field('int64', 13),
    },
  },
  RangeResponse: { fields: { header: field('Header', 1), kvs: many('KeyValue', 2) } },
  PutRequest: {
    fields: {
      key: field('bytes', 1),
      value: field('bytes', 2),
      lease: field('int64', 3),
      ignoreLease: field('bool', 6),
    },
  },
  DeleteRangeRequest: { fields: { key: field('bytes', 1) } },
  Operation: {
    oneofs: { request: { oneof: ['range', 'put', 'deleteRange'] } },
    fields: {
      range: field('RangeRequest', 1),
      put: field('PutRequest', 2),
      deleteRange: field('DeleteRangeRequest', 3),
    },
  },
  OperationResponse: { oneofs: { response: { oneof: ['range'] } }, fields: { range: field('RangeResponse', 1) } },
  Compare: {
    oneofs: { with: { oneof: ['version', 'createRevision', 'modRevision'] } },
    fields: {
      result: field('int32', 1),
      target: field('int32', 2),
      key: field('bytes', 3),
      version: field('int64', 4),
      createRevision: field('int64', 5),
      modRevision: field('int64', 6),
    },
  },
  TxnRequest: {
    fields: { compare: many('Compare', 1), success: many('Operation', 2), failure: many('Operation', 3) },
  },
  TxnResponse: {
    fields: { header: field('Header', 1), succeeded: field('bool', 2), responses: many('OperationResponse', 3) },
  },
  WatchCreate: {
    fields: {
      key: field('bytes', 1),
      rangeEnd: field('bytes', 2),
      startRevision: field('int64', 3),
      progressNotify: field('bool', 4),
      watchId: field('int64', 7),
      fragment: field('bool', 8),
    },
  },
  WatchCancel: { fields: { watchId: field('int64', 1) } },
  WatchProgress: { fields: {} },
  WatchRequest: {
    oneofs: { request: { oneof: ['create', 'cancel', 'progress'] } },
    fields: { create: field('WatchCreate', 1), cancel: field('WatchCancel', 2), progress: field('WatchProgress', 3) },
  },
  WatchEvent: { fields: { type: field('int32', 1), kv: field('KeyValue', 2) } },
  WatchResponse: {
    fields: {
      header: field('Header', 1),
      watchId: field('int64', 2),
      created: field('bool', 3),
      canceled: field('bool', 4),
      compactRevision: field('int64', 5),
      cancelReason: field('string', 6),
      fragment: field('bool', 7),
      events: many('WatchEvent', 11),
    },
  },
  LeaseGrantRequest: { fields: { ttl: field('int64', 1) } },
  LeaseGrantResponse: { fields: { id: field('int64', 2), ttl: field('int64', 3) } },
  LeaseRequest: { fields: { id: field('int64', 1) } },
  LeaseRevokeResponse: { fields: {} },
  LeaseKeepAliveResponse: { fields: { id: field('int64', 2), ttl: field('int64', 3) } },
  AuthenticateRequest: { fields: { name: field('string', 1), password: field('string', 2) } },
  AuthenticateResponse: { fields: { token: field('string', 2) } },
}

function field(type: string, id: number): FieldDescriptor {
  return { type, id }
}

function many(type: string, id: number): FieldDescriptor {
  return { type, id, rule: 'repeated' }
}

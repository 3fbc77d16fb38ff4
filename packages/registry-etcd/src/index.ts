// etcd for @seakeep/core: registration, discovery, policy documents and locks, over one client of etcd's gRPC.

export { EtcdError } from './etcd-error.ts'
export { etcd } from './etcd-module.ts'
export type { EtcdOptions, Pem } from './etcd-options.ts'
export { openEtcdStore } from './etcd-store-url.ts'
export { MalformedValueError } from './instance-value.ts'

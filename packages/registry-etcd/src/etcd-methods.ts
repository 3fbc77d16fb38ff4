import type { Buffer } from 'node:buffer'
import { fromJSON, type MethodDefinition } from '@grpc/proto-loader'
import { MESSAGES } from './etcd-descriptors.ts'
import type {
  Header,
  Int64,
  LeaseGrantResponse,
  RangeRequest,
  RangeResponse,
  TxnRequest,
  TxnResponse,
  WatchRequest,
  WatchResponse,
} from './etcd-messages.ts'

/** One of etcd's methods: its path, and what stands between messages and bytes. */
export interface EtcdMethod<Request, Response> {
  readonly path: string
  encode(request: Request): Buffer
  decode(bytes: Buffer): Response
}

const rpc = (requestType: string, responseType: string) => ({ requestType, responseType, comment: '' })

const SERVICES = {
  KV: { methods: { Range: rpc('RangeRequest', 'RangeResponse'), Txn: rpc('TxnRequest', 'TxnResponse') } },
  Watch: { methods: { Watch: rpc('WatchRequest', 'WatchResponse') } },
  Lease: {
    methods: {
      LeaseGrant: rpc('LeaseGrantRequest', 'LeaseGrantResponse'),
      LeaseRevoke: rpc('LeaseRequest', 'LeaseRevokeResponse'),
      LeaseKeepAlive: rpc('LeaseRequest', 'LeaseKeepAliveResponse'),
    },
  },
  Auth: { methods: { Authenticate: rpc('AuthenticateRequest', 'AuthenticateResponse') } },
}

const DEFINITIONS = fromJSON(
  { nested: { etcdserverpb: { nested: { ...MESSAGES, ...SERVICES } } } },
  {
    longs: String,
    defaults: true,
  },
)

export const RANGE: EtcdMethod<RangeRequest, RangeResponse> = method('KV', 'Range', (message) => needsHeader(message))
export const TXN: EtcdMethod<TxnRequest, TxnResponse> = method('KV', 'Txn', (message) => needsHeader(message))
export const WATCH: EtcdMethod<WatchRequest, WatchResponse> = method('Watch', 'Watch', (message) => {
  needsHeader(message)
  if (message.events.some(({ kv }) => !kv)) throw new TypeError('an event without its key')
})
export const LEASE_GRANT: EtcdMethod<{ readonly ttl: Int64 }, LeaseGrantResponse> = method('Lease', 'LeaseGrant')
export const LEASE_REVOKE: EtcdMethod<{ readonly id: Int64 }, unknown> = method('Lease', 'LeaseRevoke')
/** A stream to etcd; asked as a plain question, one stream each. */
export const LEASE_KEEP_ALIVE: EtcdMethod<{ readonly id: Int64 }, { readonly ttl: Int64 }> = method(
  'Lease',
  'LeaseKeepAlive',
)
export const AUTHENTICATE: EtcdMethod<
  { readonly name: string; readonly password: string },
  { readonly token: string }
> = method('Auth', 'Authenticate')

/** `check` throws for what etcd never leaves out; all else that is missing has protobuf's defaults. */
function method<Request extends object, Response>(
  service: string,
  name: string,
  check: (message: Response) => void = () => {},
): EtcdMethod<Request, Response> {
  const methods = DEFINITIONS[`etcdserverpb.${service}`] as {
    readonly [name: string]: MethodDefinition<object, object>
  }
  const { path, requestSerialize, responseDeserialize } = methods[name]!
  const decode = (bytes: Buffer): Response => {
    const message = responseDeserialize(bytes) as Response
    check(message)
    return message
  }
  return { path, encode: requestSerialize, decode }
}

function needsHeader({ header }: { readonly header: Header | null }): void {
  if (header === null) throw new TypeError('an answer without its header')
}

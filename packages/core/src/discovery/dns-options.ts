import type { Address } from '../endpoint/endpoint.ts'
import { listOf, mapOf } from '../options/collections.ts'
import type { Duration } from '../options/duration.ts'
import { type Field, refined, scalar } from '../options/field.ts'
import { rootPlace } from '../options/place.ts'
import { duration } from '../options/quantities.ts'
import { type FieldsOf, type RecordField, record } from '../options/record.ts'
import { byKey, byKind } from '../options/shapes.ts'
import { name, text } from '../options/words.ts'
import { addressOf } from './instance-fields.ts'

/** A name with a port, whose A (where there is none, AAAA) records are the instances. */
export interface DnsAddressService {
  /** `payments.internal:8080` */
  readonly address: string
  /** Default `http`. */
  readonly protocol?: string
}
/** A name whose SRV records are the instances. */
export interface DnsSrvService {
  /** `_http._tcp.payments.internal` */
  readonly srv: string
  /** Default `http`. */
  readonly protocol?: string
}

export interface DnsRegistryOptions {
  /** Under which names services are found; a text is the address of an HTTP service. Others are unknown here. */
  readonly services: { readonly [service: string]: string | DnsAddressService | DnsSrvService }
  /** Shortest time between two queries of a name. Default 5 s, from 100 ms to 1 h. */
  readonly interval?: Duration
  /** Longest time between two queries; the records' TTL decides in between. Default 30 s, `interval` or more. */
  readonly maxInterval?: Duration
  /** How long an answer is waited for, all tries together. Default 5 s, from 10 ms to 1 min. */
  readonly timeout?: Duration
  /** IP addresses of name servers, with a port where it is not 53: `10.0.0.53:5353`. Default: the system's. */
  readonly servers?: readonly string[]
}

export interface DnsPlace {
  readonly type: 'address' | 'srv'
  readonly name: string
  /** Of an address; an SRV record brings its own. */
  readonly port: number
  readonly protocol: string
}

export interface ResolvedDnsOptions {
  readonly services: { readonly [service: string]: DnsPlace }
  readonly intervalMs: number
  readonly maxIntervalMs: number
  readonly timeoutMs: number
  readonly servers: readonly string[]
}

const IP_AND_PORT = /^(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-fA-F:]+\])(:\d{1,5})?$|^[0-9a-fA-F:]*:[0-9a-fA-F:]*$/

const ADDRESS: Field<Address, ''> = scalar({
  suffix: '',
  expected: 'a name and a port (payments.internal:8080)',
  read: (input) => (typeof input === 'string' ? addressOf(input) : undefined),
  schema: { type: 'string' },
})
const SERVER: Field<string, ''> = scalar({
  suffix: '',
  expected: 'an IP address, perhaps with a port (10.0.0.53, 10.0.0.53:5353, [::1]:53)',
  read: (input) => (typeof input === 'string' && IP_AND_PORT.test(input) ? input : undefined),
  schema: { type: 'string' },
})
const PROTOCOL = text({ default: 'http' })

const SERVICE: Field<DnsPlace, ''> = byKind({
  text: refined(ADDRESS, (address) => placeAt(address, 'http')),
  object: byKey({
    address: record(
      { address: ADDRESS, protocol: PROTOCOL },
      { finish: ({ address, protocol }): DnsPlace => placeAt(address, protocol) },
    ),
    srv: record(
      { srv: text(), protocol: PROTOCOL },
      { finish: ({ srv, protocol }): DnsPlace => ({ type: 'srv', name: srv, port: 0, protocol }) },
    ),
  }),
})

const OPTIONS: RecordField<ResolvedDnsOptions> = record(
  {
    services: mapOf(name(), SERVICE, { min: 1 }),
    interval: duration({ default: '5s', min: 100, max: '1h', about: 'Shortest time between two queries of a name' }),
    maxInterval: duration({ default: '30s', about: 'Longest time between two queries of a name' }),
    timeout: duration({ default: '5s', min: 10, max: '1m', about: 'How long an answer is waited for' }),
    servers: listOf(SERVER),
  } satisfies FieldsOf<DnsRegistryOptions>,
  { notBelow: { maxInterval: 'interval' } },
)

/** @throws ConfigError naming the option, its value and what is allowed. */
export function resolveDnsOptions(options: DnsRegistryOptions): ResolvedDnsOptions {
  return OPTIONS.resolve(options, rootPlace('dnsRegistry'))
}

function placeAt({ host, port }: Address, protocol: string): DnsPlace {
  return { type: 'address', name: host, port, protocol }
}

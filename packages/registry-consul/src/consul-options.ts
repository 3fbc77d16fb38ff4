import type { Duration } from '@seakeep/core'
import {
  duration,
  type FieldsOf,
  integer,
  listOf,
  optional,
  type RecordField,
  record,
  rootPlace,
  type ScalarField,
  scalar,
  text,
} from '@seakeep/core/spi'

export interface ConsulOptions {
  /** The agent's HTTP address, scheme, host and port. Default `http://127.0.0.1:8500`. */
  readonly address?: string
  /** ACL token, or what gives the one to be sent now: read for each request. Default: anonymous. */
  readonly token?: string | (() => string)
  /** Default: the agent's own. Registrations are always made in the agent's own. */
  readonly datacenter?: string
  /** Tags of what is registered, beside `version=…`. Default none. */
  readonly tags?: readonly string[]
  /** The protocol of instances that do not say theirs. Default `http`. */
  readonly protocol?: string
  /**
   * Longest wait of a blocking query. Default 10 s, from 1 s to 10 min: a connection that is black-holed is found out
   * after this and a sixteenth, and 2 s.
   */
  readonly wait?: Duration
  /**
   * With more services than connections for them, they are asked by turns, each this often. Default 5 s, from 100 ms to
   * 5 min. (A turn is at least 20 ms long, so that thousands of services take longer.)
   */
  readonly staleness?: Duration
  /** Most connections to the agent at any time. Default 32, from 10 to 1000; an agent's own default limit is 200. */
  readonly maxConnections?: number
  /** Longest wait for a connection, and for the answer to a question that does not block. Default 3 s, 100 ms to 60 s. */
  readonly timeout?: Duration
  /** Largest answer, in bytes. Default 32 MiB, from 1 KiB to 1 GiB. */
  readonly maxAnswerBytes?: number
  /** Between marking an instance as leaving and taking it out. Default 1 s, from 0 to 60 s. */
  readonly goodbye?: Duration
  /** How long Consul keeps an instance whose lease ran out in its lists, as failed. Default 10 min, from 1 min. */
  readonly deregisterAfter?: Duration
  /** Key of the policy document in Consul's KV. Default: none is followed. */
  readonly policies?: string
  /** Under which keys locks are held. Default `seakeep/locks`. */
  readonly locks?: string
}

export interface ResolvedConsulOptions {
  readonly address: string
  readonly token: () => string
  readonly datacenter: string | undefined
  readonly tags: readonly string[]
  readonly protocol: string
  readonly waitMs: number
  readonly stalenessMs: number
  readonly maxConnections: number
  readonly timeoutMs: number
  readonly maxAnswerBytes: number
  readonly goodbyeMs: number
  readonly deregisterAfterMs: number
  readonly policies: string | undefined
  readonly locks: string
}

const ADDRESS: ScalarField<string, ''> = scalar({
  suffix: '',
  expected: 'an address with scheme, host and port, as http://127.0.0.1:8500',
  read: originOf,
  hint: (input) => (typeof input === 'string' && originOf(`http://${input}`) ? `; did you mean http://${input}?` : ''),
  default: 'http://127.0.0.1:8500',
  about: "The agent's HTTP address",
  schema: { type: 'string', format: 'uri' },
})

const TOKEN: ScalarField<() => string, ''> = scalar({
  suffix: '',
  expected: 'a token, or a function that gives one',
  read: (input) =>
    typeof input === 'string' ? () => input : typeof input === 'function' ? (input as () => string) : undefined,
  default: '',
  schema: { type: 'string' },
})

const KEY: ScalarField<string, ''> = scalar({
  suffix: '',
  expected: 'a key without a slash at its ends, as seakeep/policies',
  read: (input) => (typeof input === 'string' && /^[^/]+(\/[^/]+)*$/.test(input) ? input : undefined),
  hint: (input) => {
    const bare = typeof input === 'string' ? input.replaceAll(/^\/+|\/+$/g, '') : ''
    return bare === '' ? '' : `; did you mean ${bare}?`
  },
  schema: { type: 'string', minLength: 1 },
})

const OPTIONS: RecordField<ResolvedConsulOptions> = record({
  address: ADDRESS,
  token: TOKEN,
  datacenter: optional(text()),
  tags: listOf(text()),
  protocol: text({ default: 'http', about: 'Protocol of instances that do not say theirs' }),
  wait: duration({ default: '10s', min: '1s', max: '10m', about: 'Longest wait of a blocking query' }),
  staleness: duration({ default: '5s', min: '100ms', max: '5m', about: 'How often services are asked by turns' }),
  maxConnections: integer({ default: 32, min: 10, max: 1000, about: 'Most connections to the agent' }),
  timeout: duration({ default: '3s', min: '100ms', max: '60s', about: 'Longest wait for an answer' }),
  maxAnswerBytes: integer({ default: 32 * 1024 ** 2, min: 1024, max: 1024 ** 3, about: 'Largest answer' }),
  goodbye: duration({ default: '1s', max: '60s', about: 'Between the mark of leaving and leaving' }),
  deregisterAfter: duration({ default: '10m', min: '1m', about: 'How long failed instances stay in the lists' }),
  policies: optional(KEY),
  locks: scalar({ ...KEY.rules, default: 'seakeep/locks' }),
} satisfies FieldsOf<ConsulOptions>)

/** @throws ConfigError naming the option, its value and what is allowed. */
export function resolveConsulOptions(options: ConsulOptions = {}): ResolvedConsulOptions {
  return OPTIONS.resolve(options, rootPlace('consul'))
}

function originOf(input: unknown): string | undefined {
  if (typeof input !== 'string' || !URL.canParse(input)) return undefined
  const { protocol, hostname, pathname, search, username, origin } = new URL(input)
  const isPlain = hostname !== '' && pathname === '/' && search === '' && username === ''
  return isPlain && (protocol === 'http:' || protocol === 'https:') ? origin : undefined
}

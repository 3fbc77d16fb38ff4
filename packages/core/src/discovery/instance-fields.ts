/**
 * How instances are written down: in a file of theirs, and in the lists that are kept on disk. What is found there was
 * perhaps written by hand or cut off, so each field is checked and errors name it.
 */
import type { Address, Instance } from '../endpoint/endpoint.ts'
import { listOf, mapOf } from '../options/collections.ts'
import { type Field, optional, refined, scalar } from '../options/field.ts'
import { integer, number } from '../options/quantities.ts'
import { type RecordField, record } from '../options/record.ts'
import { byKind } from '../options/shapes.ts'
import { name, text } from '../options/words.ts'

const ADDRESS: RecordField<Address> = record({
  host: text({ about: 'A name or an address' }),
  port: integer({ min: 0, max: 65_535 }),
})

/** `10.0.0.1:8080`, `orders.example:80`, `[::1]:80`. */
const HOST_AND_PORT: Field<Address, ''> = scalar({
  suffix: '',
  expected: 'a host and a port (10.0.0.1:8080, [::1]:8080)',
  read: (input) => (typeof input === 'string' ? addressOf(input) : undefined),
  schema: { type: 'string' },
})

const META = optional(
  mapOf(text(), scalar({ suffix: '', expected: 'a text', read: stringOf, schema: { type: 'string' } })),
)

/** All that instances say beside where they are and whose they are. */
const TRAITS = {
  weight: number({ default: 1, min: 0, about: 'Relative share of the traffic' }),
  zone: optional(text()),
  version: optional(text()),
  meta: META,
} as const

/** An instance as it is kept on disk: whole. */
export const STORED_INSTANCES: Field<readonly Instance[], ''> = listOf(
  record(
    { id: text(), service: text(), address: ADDRESS, protocol: text(), ...TRAITS },
    { finish: (values): Instance => withoutAbsent(values) },
  ),
)

/** An instance as people write it: an address alone, or an object with one; its id is the address unless it is given. */
interface WrittenInstance extends Omit<Instance, 'service'> {}

const WRITTEN: RecordField<WrittenInstance> = record(
  {
    address: byKind({ text: HOST_AND_PORT, object: ADDRESS }),
    id: optional(text({ about: 'Default: the address' })),
    protocol: text({ default: 'http' }),
    ...TRAITS,
  },
  {
    about: 'An instance',
    finish: ({ id, ...values }): WrittenInstance => withoutAbsent({ id: id ?? addressText(values.address), ...values }),
  },
)

const SHORT: Field<WrittenInstance, ''> = refined(HOST_AND_PORT, (address) => ({
  id: addressText(address),
  address,
  protocol: 'http',
  weight: 1,
}))

/** What a file says: for each service its instances. */
export const WRITTEN_SERVICES: Field<{ readonly [service: string]: readonly WrittenInstance[] }, ''> = mapOf(
  name(),
  refined(listOf(byKind({ text: SHORT, object: WRITTEN })), (instances, at) => {
    const ids = new Set<string>()
    instances.forEach(({ id }, index) => {
      if (ids.has(id)) throw at.at(index).error(`the id ${id} is there twice; give one of them another`)
      ids.add(id)
    })
    return instances
  }),
)

/** An address as one text. */
export function addressText({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** What {@link addressText} wrote; undefined where it is none. */
export function addressOf(written: string): Address | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-fA-F:.%]+)\]|([^\s:/[\]]+)):(\d{1,5})$/.exec(written) ?? []
  const host = bracketed ?? plain
  const port = Number(digits)
  return host === undefined || port > 65_535 ? undefined : { host, port }
}

function stringOf(input: unknown): string | undefined {
  return typeof input === 'string' ? input : undefined
}

/** What was not given is not there, rather than undefined. */
function withoutAbsent<T extends object>(values: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never
}

// The few protobuf messages this package reads itself (health, reflection) are small enough to go by their fields.
import { Buffer } from 'node:buffer'

/** One field as it stands on the wire. `bytes` is empty for numbers, `value` 0 for everything else. */
export interface ProtobufField {
  readonly number: number
  readonly value: number
  readonly bytes: Uint8Array
}

const VARINT = 0
const FIXED_64 = 1
const LENGTH_DELIMITED = 2
const FIXED_32 = 5
const NOTHING = new Uint8Array()

/** The fields of a message in their order; undefined for bytes that are none. Fixed numbers are passed over. */
export function fieldsOf(bytes: Uint8Array): readonly ProtobufField[] | undefined {
  const fields: ProtobufField[] = []
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[at++]
      if (byte === undefined) return Number.NaN
      value += (byte & 127) * 2 ** shift
      if (byte < 128) return value
    }
    return Number.NaN
  }
  while (at < bytes.length) {
    const tag = varint()
    const number = Math.floor(tag / 8)
    if (!(number >= 1)) return undefined
    const kind = tag % 8
    if (kind === VARINT) {
      const value = varint()
      if (Number.isNaN(value)) return undefined
      fields.push({ number, value, bytes: NOTHING })
    } else if (kind === LENGTH_DELIMITED) {
      const length = varint()
      if (!(length <= bytes.length - at)) return undefined
      fields.push({ number, value: 0, bytes: bytes.subarray(at, at + length) })
      at += length
    } else if (kind === FIXED_64) at += 8
    else if (kind === FIXED_32) at += 4
    else return undefined
  }
  return at === bytes.length ? fields : undefined
}

/** A field that holds bytes, a text or a message. */
export function bytesField(number: number, value: Uint8Array | string): Uint8Array {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value
  return Buffer.concat([Buffer.from([...varintOf(number * 8 + LENGTH_DELIMITED), ...varintOf(bytes.length)]), bytes])
}

/** A field that holds a whole number of at least 0. */
export function numberField(number: number, value: number): Uint8Array {
  return Buffer.from([...varintOf(number * 8 + VARINT), ...varintOf(value)])
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
}

function varintOf(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  return [...bytes, rest]
}

// The two messages of grpc.health.v1.Health/Check, by hand: a field each, and no generated code to carry along.
import { Buffer } from 'node:buffer'

/** `HealthCheckResponse.ServingStatus`, in the order of its numbers. */
const SERVING_STATUS = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const
export type ServingStatus = (typeof SERVING_STATUS)[number]

const SERVICE = 0x0a
const STATUS = 1
const VARINT = 0
const FIXED_64 = 1
const LENGTH_DELIMITED = 2
const FIXED_32 = 5

/** `message HealthCheckRequest { string service = 1; }` */
export function healthRequest(service: string): Uint8Array {
  const name = Buffer.from(service)
  if (name.length === 0) return Buffer.alloc(0)
  const length: number[] = []
  let rest = name.length
  for (; rest > 127; rest >>>= 7) length.push((rest & 127) | 128)
  return Buffer.concat([Buffer.from([SERVICE, ...length, rest]), name])
}

/**
 * `message HealthCheckResponse { ServingStatus status = 1; }`. The last value counts and fields we do not know are passed
 * over, as protobuf has it; undefined for bytes that are no such message and for a status without a name.
 */
export function servingStatusOf(bytes: Uint8Array): ServingStatus | undefined {
  let at = 0
  let status = 0
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
    const kind = tag % 8
    if (kind === VARINT) {
      const value = varint()
      if (Math.floor(tag / 8) === STATUS) status = value
      else if (Number.isNaN(value)) return undefined
    } else if (kind === LENGTH_DELIMITED) {
      // In two steps, since reading the length moves on, too.
      const length = varint()
      at += length
    } else if (kind === FIXED_64) at += 8
    else if (kind === FIXED_32) at += 4
    else return undefined
  }
  return at === bytes.length ? SERVING_STATUS[status] : undefined
}

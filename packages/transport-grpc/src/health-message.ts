// The two messages of grpc.health.v1.Health, by hand: a field each, and no generated code to carry along.
import { Buffer } from 'node:buffer'
import { bytesField, fieldsOf, numberField, textOf } from './protobuf-fields.ts'

/** `HealthCheckResponse.ServingStatus`, in the order of its numbers. */
const SERVING_STATUS = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const
export type ServingStatus = (typeof SERVING_STATUS)[number]

const SERVICE = 1
const STATUS = 1

/** `message HealthCheckRequest { string service = 1; }` */
export function healthRequest(service: string): Uint8Array {
  return service === '' ? Buffer.alloc(0) : bytesField(SERVICE, service)
}

/** The service that is asked for, '' for the server as a whole; undefined for bytes that are no such message. */
export function askedServiceOf(bytes: Uint8Array): string | undefined {
  const fields = fieldsOf(bytes)
  if (fields === undefined) return undefined
  let service = ''
  for (const field of fields) if (field.number === SERVICE) service = textOf(field.bytes)
  return service
}

/** `message HealthCheckResponse { ServingStatus status = 1; }` */
export function healthResponse(status: ServingStatus): Uint8Array {
  return numberField(STATUS, SERVING_STATUS.indexOf(status))
}

/**
 * The last value counts and fields we do not know are passed over, as protobuf has it; undefined for bytes that are no
 * such message and for a status without a name.
 */
export function servingStatusOf(bytes: Uint8Array): ServingStatus | undefined {
  const fields = fieldsOf(bytes)
  if (fields === undefined) return undefined
  let status = 0
  for (const field of fields) if (field.number === STATUS && field.bytes.length === 0) status = field.value
  return SERVING_STATUS[status]
}

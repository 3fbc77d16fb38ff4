import type { Metadata, MetadataValue } from '@grpc/grpc-js'

/** Headers and trailers as one: values of the same name are joined by a comma, binary ones in base64. */
export function headersOf(...parts: readonly (Metadata | undefined)[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const part of parts) {
    if (part === undefined) continue
    const all = part.toJSON()
    for (const key in all) {
      const values = all[key]!
      const text = values.length === 1 ? textOf(values[0]!) : values.map(textOf).join(', ')
      headers[key] = headers[key] === undefined ? text : `${headers[key]}, ${text}`
    }
  }
  return headers
}

function textOf(value: MetadataValue): string {
  return typeof value === 'string' ? value : value.toString('base64')
}

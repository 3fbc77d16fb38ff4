/**
 * A span as the readers of trace formats hand it on: one form for Jaeger and OpenTelemetry, in milliseconds from an
 * instant of the file's own, with ids as keys only.
 */
export interface TraceSpan {
  /** Both ids together name it; they are compared, never printed as numbers. */
  readonly traceId: string
  readonly spanId: string
  /** Undefined for the first span of a trace. */
  readonly parentId: string | undefined
  /** True where the parent does not wait for it (a FOLLOWS_FROM reference). */
  readonly isFollower: boolean
  readonly service: string
  /** The copy of the service it ran on, as far as the file tells one from another. */
  readonly instance: string | undefined
  readonly operation: string
  /** Undefined where the file does not say. */
  readonly kind: SpanKind | undefined
  /** Whom a client span called, by its own account (`peer.service`). */
  readonly peer: string | undefined
  readonly isError: boolean
  readonly startMs: number
  readonly durationMs: number
}

export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer'

/** All spans of a file, with what had to be left out or changed to read them. */
export interface TraceFile {
  readonly spans: readonly TraceSpan[]
  /** Whole sentences. */
  readonly remarks: readonly string[]
}

/** An id as a key: hexadecimal in lower case without zeros in front, which some exporters drop and others write. */
export function idKey(id: string): string {
  // Protobuf's own JSON writes bytes in base64: 8 bytes end in one `=`, 16 bytes in two.
  const isBase64 = (id.length === 12 && /^[A-Za-z0-9+/]{11}=$/.test(id)) || /^[A-Za-z0-9+/]{22}==$/.test(id)
  const hex = isBase64 ? hexOfBase64(id) : id
  return /^[0-9a-f]+$/i.test(hex) ? hex.toLowerCase().replace(/^0+/, '') : hex
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

function hexOfBase64(text: string): string {
  let hex = ''
  let bits = 0
  let held = 0
  for (const letter of text.replace(/=+$/, '')) {
    held = (held << 6) | BASE64.indexOf(letter)
    bits += 6
    for (; bits >= 4; bits -= 4) hex += ((held >> (bits - 4)) & 15).toString(16)
    held &= (1 << bits) - 1
  }
  // The last letter carries bits of no whole byte.
  return hex.length % 2 === 0 ? hex : hex.slice(0, -1)
}

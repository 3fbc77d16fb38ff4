import { type Http2Server, type Http2Stream, constants as names, type OutgoingHttpHeaders } from 'node:http2'
import type { Server, ServerInterceptingCallInterface } from '@grpc/grpc-js'
import { connectionFaultOf, type MalformedRequests } from '@seakeep/core/spi'

/**
 * What grpc-js says by itself to a request that is none, before or instead of a handler: there is no other sign of it. The
 * texts are produced by the real library in the tests of this package.
 */
const FAULTS: readonly (readonly [RegExp, string])[] = [
  [/^Invalid grpc-timeout value /, 'grpc-timeout'],
  [/^Received message (larger than max|that decompresses to)/, 'oversize'],
  [/^Failed to decompress message/, 'compression'],
  [/^Received message compressed with unsupported encoding/, 'encoding'],
  [/^Error deserializing request/, 'message'],
  [/^Received no request message/, 'no-message'],
]

/** What was wrong with a call that got this for its status; undefined where nothing was. */
export function faultIn(details: string): string | undefined {
  return FAULTS.find(([text]) => text.test(details))?.[1]
}

/**
 * The details of the status that a call has been given, whoever gave it. grpc-js tells nobody of those of its own making;
 * they are read from the stream, once the call has ended.
 */
export function detailsSent(call: ServerInterceptingCallInterface): string {
  const { stream } = call as { readonly stream?: Http2Stream }
  const sent: OutgoingHttpHeaders | undefined = stream?.sentTrailers ?? stream?.sentHeaders
  const details = sent?.['grpc-message']
  // Percent-encoded on the wire; of the texts that are looked for, only the blanks are.
  return typeof details === 'string' ? details.replaceAll('%20', ' ') : ''
}

/** Counts what no call came of: connections that speak something else, streams of another content type. */
export function countFaults(server: Server, malformed: MalformedRequests): void {
  const { http2Servers } = server as unknown as { readonly http2Servers?: Map<Http2Server, unknown> }
  if (!(http2Servers instanceof Map)) return
  for (const one of http2Servers.keys()) {
    one.on('sessionError', (error) => {
      const fault = connectionFaultOf(error)
      if (fault !== undefined) malformed.count(fault)
    })
    one.on('stream', (_stream, headers) => {
      if (!String(headers[names.HTTP2_HEADER_CONTENT_TYPE]).startsWith('application/grpc'))
        malformed.count('content-type')
    })
  }
}

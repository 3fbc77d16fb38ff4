/** Which sides of a method stream. grpc-js' `MethodDefinition` is one. */
export interface MethodKind {
  readonly requestStream: boolean
  readonly responseStream: boolean
}

export const UNARY: MethodKind = Object.freeze({ requestStream: false, responseStream: false })
export const CLIENT_STREAM: MethodKind = Object.freeze({ requestStream: true, responseStream: false })
export const SERVER_STREAM: MethodKind = Object.freeze({ requestStream: false, responseStream: true })
export const BIDIRECTIONAL: MethodKind = Object.freeze({ requestStream: true, responseStream: true })

/** One of the four, which can be told apart by identity. */
export function kindOf({ requestStream, responseStream }: MethodKind): MethodKind {
  if (requestStream) return responseStream ? BIDIRECTIONAL : CLIENT_STREAM
  return responseStream ? SERVER_STREAM : UNARY
}

// gRPC for @seakeep/core: unary calls over grpc-js, one channel an endpoint.

export { codecOf, type GrpcCodec, type MethodMessages } from './codec.ts'
export { grpc } from './grpc-module.ts'
export type { GrpcOptions } from './grpc-options.ts'
export { grpcStatusOf } from './grpc-status.ts'

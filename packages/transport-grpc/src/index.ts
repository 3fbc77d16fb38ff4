// gRPC for @seakeep/core, over grpc-js. The members it adds to the core's types come with this import.

import './members.ts'

export { codecOf, type GrpcCodec, type MethodMessages } from './codec.ts'
export { govern } from './govern.ts'
export type { GovernOptions } from './governed-channel.ts'
export { grpc } from './grpc-module.ts'
export type { GrpcOptions } from './grpc-options.ts'
export { grpcStatusOf } from './grpc-status.ts'
export type { MessageStream } from './message-stream.ts'
export type { MethodKind } from './method-kind.ts'
export { serveReflection } from './reflection-service.ts'
export { fromServiceConfig, type ServiceConfigPolicies } from './service-config.ts'

// HTTP for @seakeep/core. The members it adds to the core's types come with this import.

import './members.ts'

export { governedDispatcher, interceptor } from './governed-dispatcher.ts'
export { http } from './http-module.ts'
export type { HttpOptions } from './http-options.ts'
export { type RequestContext, requestContext } from './request-context.ts'

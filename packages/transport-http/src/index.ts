// HTTP for @seakeep/core. The members it adds to the core's types come with this import.

import './members.ts'

export type { FastifyApp, FastifyPlugin } from './fastify-plugin.ts'
export { governedDispatcher, interceptor } from './governed-dispatcher.ts'
export { http } from './http-module.ts'
export type { HttpOptions } from './http-options.ts'
export type { Middleware } from './middleware.ts'
export { outsideRequest, type RequestContext, requestContext } from './request-context.ts'

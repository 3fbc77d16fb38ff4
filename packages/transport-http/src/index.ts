// HTTP for @seakeep/core. The members it adds to the core's types come with this import.

import './members.ts'

export type { FastifyApp, FastifyPlugin } from './fastify-plugin.ts'
export { governedDispatcher, interceptor } from './governed-dispatcher.ts'
export { http } from './http-module.ts'
export type { HttpOptions, TlsOptions } from './http-options.ts'
export { BodyError, type ReadBodyOptions, readBody, sendBody } from './inbound-body.ts'
export type { Middleware } from './middleware.ts'
export { outsideRequest, type RequestContext, requestContext } from './request-context.ts'

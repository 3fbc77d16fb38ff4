import type { CallRequest, StartOptions } from '../call/call.ts'
import type { CallSink } from '../call/call-sink.ts'
import { Draw } from '../random/random.ts'
import { createCall } from './create-call.ts'
import type { Route } from './route.ts'
import { SharedCall } from './shared-call.ts'
import type { StartedCall } from './started-call.ts'

/** A call of a route, ready to start. What a target's policy does not ask for costs its calls a comparison. */
export function prepareCall(
  route: Route,
  request: CallRequest,
  options: StartOptions,
  key: number,
  sink: CallSink,
): StartedCall {
  if (route.cache === undefined && route.coalescing === undefined) return createCall(route, request, options, key, sink)
  return new SharedCall(route, request, options, key, sink)
}

/** The options with the version that the policy sends the call to: chosen once, so that its retries stay with it. */
export function withVersion(route: Route, request: CallRequest, options: StartOptions, key: number): StartOptions {
  if (route.router === undefined || options.version !== undefined) return options
  const draw = route.random.draw(key, Draw.split)
  const version = route.router.choose(request.headers, options.key, draw, route.placement.versions)
  return version === undefined ? options : { ...options, version }
}

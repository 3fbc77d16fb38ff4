import type { CallRequest, StartOptions } from '../call/call.ts'
import { Draw } from '../random/random.ts'
import type { Route } from './route.ts'

/** The options with the version that the policy sends the call to: chosen once, so that its retries stay with it. */
export function withVersion(route: Route, request: CallRequest, options: StartOptions, key: number): StartOptions {
  if (route.router === undefined || options.version !== undefined) return options
  const draw = route.random.draw(key, Draw.split)
  const version = route.router.choose(request.headers, options.key, draw, route.placement.versions)
  return version === undefined ? options : { ...options, version }
}

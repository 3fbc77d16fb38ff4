import type { CallRequest, StartOptions } from '../call/call.ts'
import type { CallSink } from '../call/call-sink.ts'
import { GovernedCall } from './governed-call.ts'
import { HedgedCall } from './hedged-call.ts'
import type { Route } from './route.ts'
import type { StartedCall } from './started-call.ts'

/** The call of a route that is to be made: calls that are never hedged do not pay for those that are. */
export function createCall(
  route: Route,
  request: CallRequest,
  options: StartOptions,
  key: number,
  sink: CallSink,
): StartedCall {
  if (route.hedging === undefined) return new GovernedCall(route, request, options, key, sink)
  return new HedgedCall(route, request, options, key, sink)
}

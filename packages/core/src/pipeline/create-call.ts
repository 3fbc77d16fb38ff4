import type { CallRequest, StartOptions } from '../call/call.ts'
import type { CallSink } from '../call/call-sink.ts'
import { GovernedCall } from './governed-call.ts'
import { HedgedCall } from './hedged-call.ts'
import type { Route } from './route.ts'

/** The call of a route, ready to start: calls that are never hedged do not pay for those that are. */
export function createCall(
  route: Route,
  request: CallRequest,
  options: StartOptions,
  key: number,
  sink: CallSink,
): GovernedCall {
  if (route.hedging === undefined) return new GovernedCall(route, request, options, key, sink)
  return new HedgedCall(route, request, options, key, sink)
}

import type { ResolvedPolicy } from '../config/policy-options.ts'
import { GovernedCall } from './governed-call.ts'
import { HedgedCall } from './hedged-call.ts'
import type { CallFactory } from './route.ts'
import { SharedCall } from './shared-call.ts'

/** The calls that a policy makes, found out once: calls that are never hedged or shared do not pay for those that are. */
export function callFactories({ hedge, cache, coalesce }: ResolvedPolicy): {
  readonly prepareCall: CallFactory
  readonly createCall: CallFactory
} {
  const createCall = hedge === undefined ? governed : hedged
  return { createCall, prepareCall: cache === undefined && coalesce === undefined ? createCall : shared }
}

const governed: CallFactory = (route, request, options, callKey, sink) =>
  new GovernedCall(route, request, options, callKey, sink)

const hedged: CallFactory = (route, request, options, callKey, sink) =>
  new HedgedCall(route, request, options, callKey, sink)

const shared: CallFactory = (route, request, options, callKey, sink) =>
  new SharedCall(route, request, options, callKey, sink)

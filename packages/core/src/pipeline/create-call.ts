import type { ResolvedPolicy } from '../config/policy-options.ts'
import { GovernedCall } from './governed-call.ts'
import { HedgedCall } from './hedged-call.ts'
import type { CallFactory } from './route.ts'
import { ShadowedCall } from './shadowed-call.ts'
import { SharedCall } from './shared-call.ts'

/** The calls that a policy makes, found out once: calls that are never hedged or shared do not pay for those that are. */
export function callFactories({ hedge, cache, coalesce, retry, shadowTimeoutMs }: ResolvedPolicy): {
  readonly prepareCall: CallFactory
  readonly createCall: CallFactory
} {
  const isWatched = shadowTimeoutMs !== undefined || retry?.isShadow === true
  const make = hedge === undefined ? governed : hedged
  const createCall = isWatched ? watched(make) : make
  return { createCall, prepareCall: cache === undefined && coalesce === undefined ? createCall : shared }
}

type GovernedFactory = (...parts: Parameters<CallFactory>) => GovernedCall

const governed: GovernedFactory = (route, request, options, callKey, sink) =>
  new GovernedCall(route, request, options, callKey, sink)

const hedged: GovernedFactory = (route, request, options, callKey, sink) =>
  new HedgedCall(route, request, options, callKey, sink)

const watched =
  (make: GovernedFactory): CallFactory =>
  (route, request, options, callKey, sink) =>
    new ShadowedCall(make, route, request, options, callKey, sink)

const shared: CallFactory = (route, request, options, callKey, sink) =>
  new SharedCall(route, request, options, callKey, sink)

import { AsyncLocalStorage } from 'node:async_hooks'
import type { CallParent } from '@seakeep/core'

/** What an inbound request brought with it: `call(request, { parent: requestContext() })` hands it on. */
export interface RequestContext extends CallParent {
  /** The instant of the runtime's clock by which its caller wants the answer; `Infinity` where it did not say. */
  readonly deadlineMs: number
  /** Which attempt of its caller this is, from 1. */
  readonly attempt: number
  readonly priority: string | undefined
}

/**
 * One scope per inbound request, entered by the server side. Only the edges without an argument for it read it; a call
 * that is given its options never does (0.4 µs a scope).
 */
const scope = new AsyncLocalStorage<RequestContext>()

/** The request that is being served by the code that asks; undefined outside of one. */
export function requestContext(): RequestContext | undefined {
  return scope.getStore()
}

export function runInRequest(context: RequestContext, serve: () => void): void {
  scope.run(context, serve)
}

import { AsyncLocalStorage } from 'node:async_hooks'
import type { CallParent } from '@seakeep/core'

/** What an inbound call brought with it: its deadline, attempt and priority. */
export interface RequestContext extends CallParent {
  readonly deadlineMs: number
  readonly attempt: number
  readonly priority: string | undefined
}

const scope = new AsyncLocalStorage<RequestContext>()

/** The call that is being served by the code that asks; undefined outside of one. */
export function requestContext(): RequestContext | undefined {
  return scope.getStore()
}

export function runInRequest(context: RequestContext, serve: () => void): void {
  scope.run(context, serve)
}

import type { RequestScope } from '@seakeep/core'
import { isAttemptError, isConfigError, isSeakeepError } from '@seakeep/core'
import type { Edge, EdgeHost } from '@seakeep/core/spi'
import { Agent } from 'undici'
import { GovernedDispatch } from './governed-dispatch.ts'

/** The platform's own, whatever takes its place later: `globalThis.fetch = rt.fetch` must not end in a circle. */
const platformFetch = globalThis.fetch
type Fetch = typeof globalThis.fetch

/**
 * `rt.fetch`: the platform's `fetch` over a dispatcher that is governed. Redirects, bodies, decoding, aborts and the
 * Response are the platform's to the letter; what is governed is each request that it makes.
 *
 * A refusal, a deadline that has passed and a mistake in the configuration reject as what they are, since nobody could
 * tell them from a network that fails; a network that fails rejects as it does with fetch: a TypeError, whose `cause` is
 * the AttemptError.
 */
export function fetchEdge(requests: RequestScope): Edge {
  return { name: 'fetch', create: (host) => governedFetch(host, requests) }
}

function governedFetch(host: EdgeHost, requests: RequestScope): Fetch {
  let plain: Agent | undefined
  const { dispatch } = new GovernedDispatch(host, requests, () => {
    plain ??= new Agent()
    const agent = plain
    return (options, handler) => agent.dispatch(options as Agent.DispatchOptions, handler)
  })
  const dispatcher = { dispatch }
  return function fetch(input: Parameters<Fetch>[0], init?: Parameters<Fetch>[1]): Promise<Response> {
    return platformFetch(input, { ...init, dispatcher } as unknown as Parameters<Fetch>[1]).catch(toldPlainly)
  }
}

function toldPlainly(error: unknown): never {
  const cause = error instanceof TypeError ? error.cause : undefined
  if (!isSeakeepError(cause)) throw error
  if (!isAttemptError(cause)) throw cause
  throw isConfigError(cause.cause) ? cause.cause : error
}

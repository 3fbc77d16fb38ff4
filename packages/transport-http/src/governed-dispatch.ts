import type { RequestScope } from '@seakeep/core'
import { asError, type EdgeHost } from '@seakeep/core/spi'
import { type Dispatcher, Dispatcher1Wrapper } from 'undici'
import { DispatchedCall } from './dispatched-call.ts'
import { FetchRequest } from './fetch-request.ts'
import { type UrlOrigin, UrlOrigins } from './url-origin.ts'

type Handler = Dispatcher.DispatchHandler

/**
 * undici's `dispatch` through a runtime: the host of a URL that is a service is balanced over its endpoints, any other is
 * called where it is, both under the policy that the document has for them. The inbound request that is being served
 * hands its deadline, priority and trace down.
 *
 * Requests that turn a connection into something else (CONNECT, upgrades) are not calls: they go on to `plain`.
 */
export class GovernedDispatch {
  readonly #host: EdgeHost
  readonly #requests: RequestScope
  readonly #plain: () => Dispatcher.Dispatch
  /** Undefined: over the runtime's own connections. */
  readonly #own: Dispatcher.Dispatch | undefined
  readonly #origins = new UrlOrigins()

  constructor(host: EdgeHost, requests: RequestScope, plain: () => Dispatcher.Dispatch, own?: Dispatcher.Dispatch) {
    this.#host = host
    this.#requests = requests
    this.#plain = plain
    this.#own = own
  }

  readonly dispatch = (options: Dispatcher.DispatchOptions, given: Handler): boolean => {
    const handler = currentHandler(given)
    if (options.method === 'CONNECT' || options.upgrade) return this.#plain()(options, handler)
    const { origin } = options
    if (origin === undefined) throw new TypeError('a request needs an origin to be governed')
    const url = this.#origins.of(typeof origin === 'string' ? origin : origin.origin)
    const context = this.#requests.current()
    const request = new FetchRequest(options, url, context, this.#own)
    const number = this.#host.nextCallNumber()
    const { service } = url.address
    const call = new DispatchedCall(service, `${service}-${number}`, handler, () => request.body.release())
    if (!call.open()) return true
    const startOptions = {
      deadlineMs: context?.deadlineMs,
      key: request.key,
      priority: request.priority,
      idempotent: request.isIdempotent,
      parentAttempt: context?.attempt,
      callKey: number,
    }
    this.#whereTo(url, (isService) => {
      if (call.aborted) return
      try {
        const cancel = isService
          ? this.#host.start(url.name!, request, startOptions, call)
          : this.#host.startAt(url.address, request, startOptions, call)
        call.follow(cancel)
      } catch (error) {
        call.fail(asError(error))
      }
    })
    return true
  }

  #whereTo({ name }: UrlOrigin, told: (isService: boolean) => void): void {
    if (name === undefined) told(false)
    else this.#host.knows(name, told)
  }
}

/** Handlers of older clients (the `fetch` that Node brings) are called in the words of today. */
function currentHandler(handler: Handler): Handler {
  const { wrapHandler } = Dispatcher1Wrapper as unknown as { wrapHandler(handler: Handler): Handler }
  return wrapHandler(handler)
}

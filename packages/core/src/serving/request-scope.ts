/**
 * What an inbound request brought with it, and the scope in which its handler finds it without being given it.
 *
 * A server side enters one scope per request. Only edges without an argument for a context read it (`rt.fetch`, the
 * undici interceptor, `govern`, `policy()`): what they call on behalf of the request ends by its deadline, carries its
 * priority and trace, and is not retried where the request itself is a retry (chain-stop).
 */
export interface RequestContext {
  /** The instant of the runtime's clock by which its caller wants the answer; `Infinity` where it did not say. */
  readonly deadlineMs: number
  /** Which attempt of its caller this is, from 1. */
  readonly attempt: number
  readonly priority: string | undefined
  /** W3C trace context, as it came; passed on unchanged. */
  readonly traceparent?: string | undefined
  readonly tracestate?: string | undefined
}

/** The port: one request's context along everything its handler awaits. */
export interface RequestScope {
  /** The request that is being served by the code that asks; undefined outside of one. */
  current(): RequestContext | undefined
  /** Runs `serve`, and what it begins, in the scope of `context`; undefined takes them out of every request's. */
  run<Value>(context: RequestContext | undefined, serve: () => Value): Value
}

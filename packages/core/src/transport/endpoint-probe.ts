/** What an endpoint is asked, to learn whether it is well: a path, a connection, or `grpc.health.v1.Health/Check`. */
export type EndpointProbe =
  | { readonly kind: 'http'; readonly path: string }
  | { readonly kind: 'tcp' }
  /** The empty name asks for the server as a whole. */
  | { readonly kind: 'grpc'; readonly service: string }

/** Told what an endpoint says of itself, for as long as it is listened to. */
export interface ProbeSink {
  /** How it is from now on: at first, and whenever that has changed. */
  onResult(result: ProbeResult): void
  /** It says no more, at most once. `canWatch` is false where it never will: it does not know how. */
  onEnd(canWatch: boolean): void
}

export interface ProbeResult {
  /** Undefined where it could not be asked (nobody here speaks that probe): that says nothing about the endpoint. */
  readonly isHealthy: boolean | undefined
  /** Why, for people: `answered 503`, `connect ECONNREFUSED`. */
  readonly reason: string
}

/**
 * The Random port: the only source of chance.
 *
 * Two kinds of draw exist, so that a simulation can be replayed, compared and shrunk. What happens to a *call* is a
 * function of the call's key and the purpose of the draw, never of how many draws were made before: one retry more for
 * one call shifts nobody else's luck. What happens to an *entity* (the phase of a heartbeat, the jitter of a breaker)
 * comes from a stream of that entity's own. Production ignores keys and names.
 */
export interface Random {
  /** Uniform in [0, 1). `key` is the call's or attempt's key, `purpose` one of {@link Draw}. */
  draw(key: number, purpose: number): number
  /** A stream of its own for the entity called `name`. The same name gives the same stream. */
  stream(name: string): RandomStream
}

export interface RandomStream {
  /** Uniform in [0, 1). */
  next(): number
}

/** What a keyed draw is for. A decision that may need several draws owns the numbers up to the next entry. */
export const Draw = {
  pick: 16,
  backoff: 48,
  throttle: 112,
  split: 120,
  mirror: 121,
  /** A call that is made to renew a cached answer. */
  refresh: 122,
  explain: 123,
  /** The first number free for the simulator's model (service demand, coins, delays). */
  model: 256,
} as const

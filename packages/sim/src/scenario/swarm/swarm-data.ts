/** Each seed draws faults of its own: which kinds, whom they strike, when, how hard and for how long. */
export interface SwarmData {
  /** The kinds that may be drawn, as `['slow', 'crash']`. Default: all that are drawn at all. */
  readonly kinds?: readonly string[]
  /** How many faults, or from how many to how many. Default `[1, 4]`, to 100. */
  readonly faults?: number | readonly [least: number, most: number]
}

import type { Balancer, Load, Pickable, Picker } from './balancer.ts'

/** A balancer that keeps nothing of an endpoint but how many attempts are in flight. */
export abstract class CountingBalancer implements Balancer {
  abstract readonly algorithm: string

  abstract picker<Row extends Pickable>(
    rows: readonly Row[],
    members?: readonly Row[],
    previous?: Picker<Row> | undefined,
  ): Picker<Row>

  onSend(load: Load): void {
    load.inFlight++
  }

  onAnswer(): void {}

  onEnd(load: Load): void {
    load.inFlight--
  }
}

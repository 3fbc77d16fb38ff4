import { type Observable, Subject } from 'rxjs'

/**
 * What a control loop has decided last: read at once as `value`, followed as `changes$`.
 *
 * `changes$` does not repeat the present value, never errors, and emits after the transition is whole.
 */
export interface StateCell<T> {
  readonly value: T
  readonly changes$: Observable<T>
}

/** The writer's side of a {@link StateCell}. Hand out the cell, keep the writer. */
export class WritableCell<T> implements StateCell<T> {
  #value: T
  #subject: Subject<T> | undefined
  #pending: T[] | undefined

  constructor(initial: T) {
    this.#value = initial
  }

  get value(): T {
    return this.#value
  }

  /** Made on first use: most cells of a large system are read and never followed. */
  get changes$(): Observable<T> {
    this.#subject ??= new Subject<T>()
    return this.#subject.asObservable()
  }

  /** Publishes `value` unless it is the present one. A change made while one is being told is told after it. */
  set(value: T): void {
    if (Object.is(value, this.#value)) return
    this.#value = value
    const subject = this.#subject
    if (subject === undefined) return
    if (this.#pending !== undefined) {
      this.#pending.push(value)
      return
    }
    this.#pending = [value]
    for (let i = 0; i < this.#pending.length; i++) subject.next(this.#pending[i] as T)
    this.#pending = undefined
  }

  /** Ends `changes$`; the value stays readable. */
  complete(): void {
    this.#subject?.complete()
  }
}

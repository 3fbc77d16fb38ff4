/**
 * The kernel's port to the machine it really runs on: who calls it, in macrotasks, and who lets promises run between two
 * events. Node's is {@link file://./node-drain.ts}.
 *
 * The loop is turned inside out (the drain calls the kernel, not the kernel the drain), because Node's only public way to
 * run all microtasks is to end the macrotask. So the kernel is the same on both ways of draining.
 */
export interface MicrotaskDrain {
  /** Real milliseconds, to cut a run into slices. No result may depend on it. */
  realNow(): number
  /** Calls `driven.step` from macrotasks until it returns `done`; resolves after that. */
  drive(driven: Driven): Promise<void>
}

export interface Driven {
  /** Goes on with the work. What the answer asks for has happened completely before the next step. Never throws. */
  step(): StepEnd
  /** Called during each rest, outside of the simulated world. Never throws. */
  rested(): void
  /** Told what nobody can catch any more: a rejection without a handler, an exception of a microtask. */
  failed(error: unknown): void
}

export const StepEnd = {
  /** All microtasks and those they make, however many hops, must run. */
  drain: 0,
  /** The same, and the real event loop must have a whole turn (signals, progress). */
  rest: 1,
  done: 2,
} as const
export type StepEnd = (typeof StepEnd)[keyof typeof StepEnd]

/** Something that is on only while simulated code can run: never during a rest, and off when the run ends. */
export interface SliceGuard {
  enter(): void
  leave(): void
}

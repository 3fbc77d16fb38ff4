import type { Runtime } from '@seakeep/core'

/** Knows to which instance the code that runs now, and whatever it awaits, belongs. */
export interface Ambience {
  run<T>(owner: CodeOwner, code: () => T): T
}

/** An instance whose handlers are running. */
export interface CodeOwner {
  readonly life: { readonly runtime: Runtime }
}

import type { Policy, Runtime } from '@seakeep/core'
import type { Accounts } from './accounts.ts'

const KEYS = Array.from({ length: 1000 }, (_, i) => `customer-${i}`)
const METHODS = ['GET /items', 'POST /items', 'PUT /items'] as const
const PRIORITIES = [undefined, 'sheddable', 'critical'] as const
const OWN_ERROR = new Error("the function's own")

/** Makes calls in every way there is: through clients, without a promise, and round functions; a part is aborted. */
export class Load {
  readonly #runtime: Runtime
  readonly #services: readonly string[]
  readonly #policies: readonly Policy[]
  readonly #accounts: Accounts
  /** One for many calls, as a server's own: whoever listens to it has to stop. */
  #shared = new AbortController()

  constructor(runtime: Runtime, services: readonly string[], policies: readonly Policy[], accounts: Accounts) {
    this.#runtime = runtime
    this.#services = services
    this.#policies = policies
    this.#accounts = accounts
  }

  /** So many calls of each way. */
  burst(calls: number): void {
    for (let i = 0; i < calls; i++) {
      this.#call()
      this.#start()
      this.#execute()
    }
  }

  /** Aborts all that listens to the shared signal. */
  abortShared(): void {
    this.#shared.abort()
    this.#shared = new AbortController()
  }

  #call(): void {
    const client = this.#runtime.client(oneOf(this.#services))
    const priority = oneOf(PRIORITIES)
    const options = { key: oneOf(KEYS), signal: this.#signal(), ...(priority === undefined ? {} : { priority }) }
    this.#accounts.follow(client.call({ method: oneOf(METHODS) }, options as Parameters<typeof client.call>[1]))
  }

  #start(): void {
    const close = this.#accounts.begin()
    let isSettled = false
    const cancel = this.#runtime.start(
      oneOf(this.#services),
      { method: oneOf(METHODS) },
      { key: oneOf(KEYS) },
      {
        commit: () => {
          if (isSettled) this.#accounts.fault('a call was committed after its end')
        },
        settle: ({ ending }) => {
          isSettled = true
          close(ending)
        },
      },
    )
    if (Math.random() < 0.05) setTimeout(cancel, Math.random() * 50)
  }

  #execute(): void {
    const policy = oneOf(this.#policies)
    const signal = this.#signal()
    const options = { key: oneOf(KEYS), ...(signal === undefined ? {} : { signal }) }
    this.#accounts.follow(policy.execute(guarded, options))
  }

  #signal(): AbortSignal | undefined {
    const chance = Math.random()
    if (chance < 0.8) return undefined
    if (chance < 0.9) return this.#shared.signal
    const controller = new AbortController()
    if (chance < 0.91) controller.abort()
    else if (chance < 0.96) setTimeout(() => controller.abort(), Math.random() * 50)
    return controller.signal
  }
}

/** Answers at once, a little later, with an error, or never: then its signal ends it. */
function guarded({ signal }: { readonly signal: AbortSignal }): unknown {
  const chance = Math.random()
  if (chance < 0.6) return 42
  if (chance < 0.9) return new Promise((resolve) => setTimeout(resolve, 1 + Math.random() * 20))
  if (chance < 0.97) throw OWN_ERROR
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
}

function oneOf<T>(all: readonly T[]): T {
  return all[Math.floor(Math.random() * all.length)] as T
}

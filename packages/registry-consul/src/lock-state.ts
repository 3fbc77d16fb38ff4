/**
 * One holder's way to a lock and out of it, as plain data and pure steps.
 *
 * `idle` has no session; `creating` asks for one; `waiting` has one and watches the key; `acquiring` asks for the key;
 * `held` is alone until `untilMs`, when nobody can have it yet: Consul ends a session at the earliest when its TTL has
 * passed since the last renewal arrived there, and we count from when we sent it.
 */
export type LockState =
  | { readonly at: 'idle' }
  | { readonly at: 'creating' }
  | { readonly at: 'waiting'; readonly session: string; readonly untilMs: number }
  | { readonly at: 'acquiring'; readonly session: string; readonly untilMs: number }
  | { readonly at: 'held'; readonly session: string; readonly untilMs: number }

export type WithSession = Exclude<LockState, { readonly at: 'idle' | 'creating' }>

export function hasSession(state: LockState): state is WithSession {
  return state.at !== 'idle' && state.at !== 'creating'
}

/** What a look at the key means: `mine` where our session holds it, `free` where none does. */
export type KeyView = 'mine' | 'free' | 'taken'

export function viewOf(state: LockState, session: string | undefined): KeyView {
  if (session === undefined) return 'free'
  return hasSession(state) && session === state.session ? 'mine' : 'taken'
}

/** Renewed by the answer to what was sent at `sentMs`; undefined where the lease had run out by then. */
export function renewed(state: WithSession, sentMs: number, nowMs: number, ttlMs: number): WithSession | undefined {
  if (nowMs >= state.untilMs) return undefined
  return { ...state, untilMs: sentMs + ttlMs }
}

import { defer, Observable, repeat, retry, switchMap, tap, timeout, timer } from 'rxjs'
import type { Clock } from '../time/clock.ts'
import { clockScheduler } from '../time/clock-scheduler.ts'
import type { RegistryAnswer, RegistryError } from './registry.ts'

/** What the loop does and when; the registrar says what it means. */
export interface RegistrationSteps {
  register(done: RegistryAnswer): void
  heartbeat(done: RegistryAnswer): void
  /** The registry has taken the registration. */
  onRegistered(): void
  /** A step failed, or was not answered in time; answers how long to wait before registering anew. */
  onFailure(error: RegistryError): number
  /** Milliseconds until the next heartbeat. */
  untilHeartbeat(): number
  readonly answerTimeoutMs: number
}

/**
 * Registers and sends heartbeats, for ever: whatever fails, the next thing done, after a wait, is to register again,
 * which writes the instance anew where it was lost and extends its lease where it was not. The stream says nothing,
 * neither errors nor completes; unsubscribing ends it at once.
 */
export function keepRegistered(steps: RegistrationSteps, clock: Clock): Observable<void> {
  const scheduler = clockScheduler(clock)
  const registered = answerOf((done) => steps.register(done), steps.answerTimeoutMs, clock)
  const heartbeat = answerOf((done) => steps.heartbeat(done), steps.answerTimeoutMs, clock)
  const heartbeats = defer(() => timer(steps.untilHeartbeat(), scheduler)).pipe(
    switchMap(() => heartbeat),
    repeat(),
  )
  return registered.pipe(
    tap(() => steps.onRegistered()),
    switchMap(() => heartbeats),
    retry({ delay: (error: RegistryError) => timer(steps.onFailure(error), scheduler) }),
  )
}

/** One question to a registry: what it answers, or a TimeoutError. What it throws is an answer, too. */
export function answerOf(ask: (done: RegistryAnswer) => void, timeoutMs: number, clock: Clock): Observable<void> {
  return new Observable<void>((subscriber) => {
    ask((error) => {
      if (error !== undefined) subscriber.error(error)
      subscriber.next()
      subscriber.complete()
    })
  }).pipe(timeout({ first: timeoutMs, scheduler: clockScheduler(clock) }))
}

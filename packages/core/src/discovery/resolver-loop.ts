import { concat, defer, ignoreElements, Observable, of, retry, switchMap, tap, timer } from 'rxjs'
import type { Instance } from '../endpoint/endpoint.ts'
import type { Clock } from '../time/clock.ts'
import { clockScheduler } from '../time/clock-scheduler.ts'
import type { Registry } from './registry.ts'
import type { RetryWait } from './retry-wait.ts'

/** What a registry says about a service. */
export type RegistryWord =
  | { readonly kind: 'known'; readonly instances: readonly Instance[] }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'failed'; readonly error: Error }

/**
 * Follows a service in one registry, for ever: the stream neither errors nor completes.
 *
 * Adapters reconnect by themselves, so a watch that failed is left in place. But watches have died in silence after a
 * reconnect (microsoft/etcd3#78, silas/node-consul#51), so one that has not come back after a wait is given up and the
 * registry is asked anew, with a growing wait while that does not help.
 */
export function followService(
  registry: Registry,
  service: string,
  waits: RetryWait,
  clock: Clock,
): Observable<RegistryWord> {
  const givenUp = (error: Error): Observable<never> =>
    defer(() => timer(waits.next(), clockScheduler(clock))).pipe(
      tap(() => {
        throw error
      }),
      ignoreElements(),
    )
  return watch(registry, service).pipe(
    tap((word) => {
      if (word.kind !== 'failed') waits.reset()
    }),
    switchMap((word) => (word.kind === 'failed' ? concat(of(word), givenUp(word.error)) : of(word))),
    retry(),
  )
}

function watch(registry: Registry, service: string): Observable<RegistryWord> {
  return new Observable((subscriber) => {
    try {
      const handle = registry.watch(service, {
        instances: (instances) => subscriber.next({ kind: 'known', instances }),
        unknown: () => subscriber.next({ kind: 'unknown' }),
        error: (error) => subscriber.next({ kind: 'failed', error }),
      })
      return () => handle[Symbol.dispose]()
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown))
      subscriber.next({ kind: 'failed', error })
      return undefined
    }
  })
}

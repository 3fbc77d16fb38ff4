// An open workload: requests come at a constant rate, whether or not the ones before have been answered.
import { setTimeout as sleep } from 'node:timers/promises'

/** Resolves when all has been offered; the end of the last request is `ended`. */
export async function offerLoad(
  { rate, forMs }: { readonly rate: number; readonly forMs: number },
  request: () => Promise<void>,
): Promise<{ readonly ended: Promise<unknown> }> {
  const begin = performance.now()
  const open: Promise<void>[] = []
  const total = Math.round((rate * forMs) / 1000)
  while (open.length < total) {
    const due = Math.min(total, Math.floor(((performance.now() - begin) * rate) / 1000) + 1)
    while (open.length < due) open.push(request())
    await sleep(1000 / rate)
  }
  return { ended: Promise.all(open) }
}

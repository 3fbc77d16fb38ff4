// An open workload: requests come at a constant rate, whether or not the ones before have been answered.
import { setTimeout as sleep } from 'node:timers/promises'

/** Offers the load, then resolves to the end of the last request, which is not waited for. */
export async function offerLoad(
  { rate, forMs }: { readonly rate: number; readonly forMs: number },
  request: () => Promise<void>,
): Promise<Promise<void>> {
  const begin = performance.now()
  const open: Promise<void>[] = []
  const total = Math.round((rate * forMs) / 1000)
  while (open.length < total) {
    const due = Math.min(total, Math.floor(((performance.now() - begin) * rate) / 1000) + 1)
    while (open.length < due) open.push(request())
    await sleep(1000 / rate)
  }
  return Promise.all(open).then(() => {})
}

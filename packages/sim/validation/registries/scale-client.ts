// The process that watches: one runtime, as an application has it, that knows so many services.
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createRuntime } from '@seakeep/core'
import { quiet } from './quiet.ts'
import { addedId, type ClientReport, now, type ScalePlan, serviceName } from './scale-plan.ts'
import { moduleOf } from './scale-registry.ts'

/** Of time in which nothing changes. */
const QUIET_MS = 8000

const plan = JSON.parse(process.argv[2] ?? '{}') as ScalePlan
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

function send(report: ClientReport): void {
  process.send?.(report)
}

function usedMs(since?: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since)
  return (user + system) / 1000
}

process.on('disconnect', () => process.exit())
const runtime = await createRuntime({
  service: 'client',
  policies: { version: 1 },
  modules: [quiet(), moduleOf(plan, plan.address)],
})
collect()
const heapBefore = process.memoryUsage().heapUsed

const beganMs = now()
const cpuBefore = process.cpuUsage()
let known = 0
await new Promise<void>((resolve) => {
  for (let number = 0; number < plan.watched; number++) {
    const service = serviceName(number)
    const id = addedId(service, plan.watched)
    let size = 0
    runtime.endpoints(service).changes$.subscribe(({ endpoints }) => {
      if (size < plan.instances && endpoints.length >= plan.instances && ++known === plan.watched) resolve()
      size = Math.max(size, endpoints.length)
      if (endpoints.some((endpoint) => endpoint.id === id)) send({ type: 'seen', id, atMs: now() })
    })
  }
})
send({ type: 'known', tookMs: now() - beganMs, cpuMs: usedMs(cpuBefore) })

// The collector and the first turns are not what one asks of the time after.
await sleep(2000)
const quietCpu = process.cpuUsage()
await sleep(QUIET_MS)
const cpuShare = usedMs(quietCpu) / QUIET_MS
collect()
send({ type: 'quiet', cpuShare, heapBytes: process.memoryUsage().heapUsed - heapBefore })

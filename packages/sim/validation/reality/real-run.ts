// The story as it really happens: server processes, one governed client, calls that are made when they are due, whether or not
// those before have been answered, and two faults.
import { cpus } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, createRuntime, isSeakeepError } from '@seakeep/core'
import { codecOf, grpc } from '@seakeep/transport-grpc'
import { http } from '@seakeep/transport-http'
import { quiet } from '../registries/quiet.ts'
import { until } from '../registries/waiting.ts'
import { type Answered, FLEET, METHOD } from './answers.ts'
import { Fleet } from './fleet.ts'
import { arrivalsOf, type Plan, POLICIES, PROTOCOLS, type Protocol } from './plan.ts'

/** What became of one call. */
export interface Sample {
  readonly protocol: Protocol
  readonly dueMs: number
  /** From when it was due: whoever is late with it makes its user wait. */
  readonly tookMs: number
  readonly isAnswered: boolean
  readonly attempts: number
}

export interface RealRun {
  readonly samples: readonly Sample[]
  /** Share of the machine that was busy meanwhile, by whomever. */
  readonly cpuShare: number
}

const PATIENCE_MS = 30_000

export async function runReal(plan: Plan, seed: number): Promise<RealRun> {
  await using fleet = await Fleet.start(plan.servers, seed)
  await using rt = await createRuntime({
    service: 'client',
    policies: POLICIES,
    modules: [quiet(), http(), grpc({ codec: codecOf(FLEET as never) }), fleet.registry],
  })
  const isKnown = (protocol: Protocol): boolean => rt.endpoints(protocol).value.endpoints.length === plan.servers
  if (!(await until(() => PROTOCOLS.every(isKnown), PATIENCE_MS))) throw new Error('not all servers were listed')

  const call: Record<Protocol, (dueMs: number) => Promise<Answer>> = {
    http: (dueMs) => rt.client('http').call({ method: 'GET /answer', query: { dueMs: String(dueMs) } }),
    grpc: (dueMs) => rt.client('grpc').call({ method: METHOD, body: { dueMs } }),
  }
  const calls = PROTOCOLS.flatMap((protocol) =>
    arrivalsOf(plan, seed, protocol).map((dueMs) => ({ protocol, dueMs })),
  ).sort((a, b) => a.dueMs - b.dueMs)

  const before = cpuTimes()
  const beganMs = performance.now()
  const isDue = async (atMs: number): Promise<void> => {
    for (let leftMs = atMs; leftMs > 0; ) {
      leftMs = beganMs + atMs - performance.now()
      if (leftMs > 0) await sleep(Math.ceil(leftMs))
    }
  }
  const measure = async (protocol: Protocol, dueMs: number): Promise<Sample> => {
    const { isAnswered, attempts } = await call[protocol](dueMs).then(answered, failed)
    return { protocol, dueMs, tookMs: performance.now() - beganMs - dueMs, isAnswered, attempts }
  }
  const told = inflict(plan, fleet, isDue)
  const open: Promise<Sample>[] = []
  for (const { protocol, dueMs } of calls) {
    await isDue(dueMs)
    open.push(measure(protocol, dueMs))
  }
  const samples = await Promise.all(open)
  await told
  const after = cpuTimes()
  return { samples, cpuShare: (after.busy - before.busy) / (after.all - before.all) }
}

async function inflict({ faults }: Plan, fleet: Fleet, isDue: (atMs: number) => Promise<void>): Promise<void> {
  if (faults === undefined) return
  const { slow, kill } = faults
  await Promise.all([
    isDue(slow.fromMs).then(() => fleet.slow(slow.server, slow.addMs)),
    isDue(slow.fromMs + slow.forMs).then(() => fleet.slow(slow.server, 0)),
    isDue(kill.atMs).then(() => fleet.kill(kill.server)),
  ])
}

type Ending = Pick<Sample, 'isAnswered' | 'attempts'>

function answered({ body }: Answer): Ending {
  return { isAnswered: true, attempts: (body as Answered).attempt }
}

function failed(error: unknown): Ending {
  if (!isSeakeepError(error)) throw error
  return { isAnswered: false, attempts: error.attempt ?? 0 }
}

/** Milliseconds since the machine was started, of all its processors. */
function cpuTimes(): { readonly busy: number; readonly all: number } {
  const times = cpus().map((cpu) => cpu.times)
  const all = times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0)
  return { busy: all - times.reduce((sum, { idle }) => sum + idle, 0), all }
}

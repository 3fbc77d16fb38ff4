/** A run document and a command line that never ran anything: for tests of what is printed and of exit codes. */
import type { PolicyStore } from '@seakeep/core/spi'
import type { CliIo, SimulateOptions } from '../src/cli/io.ts'
import { runsHere } from '../src/cli/runs.ts'
import type { LatencyReport, RunDocument } from '../src/recording/run-document.ts'
import type { ResolvedScenario } from '../src/scenario/resolved-scenario.ts'

const LATENCY: LatencyReport = { mean: 12, p50: 10, p90: 20, p95: 25, p99: 40, p999: 80, max: 120 }

/** Figures as if every call had been answered well; `change` replaces whole fields. */
export function fakeRun(scenario: ResolvedScenario, change: Partial<RunDocument> = {}): RunDocument {
  const calls = { offered: 1000, succeeded: 990, failed: 6, rejected: 4, cancelled: 0, inFlight: 0, goodput: 0.99 }
  return {
    schema: 'seakeep.run/1',
    scenario: scenario.name,
    seed: scenario.seed,
    versions: { seakeep: '0.1.0', node: '24.0.0', v8: '13.6' },
    policiesHash: scenario.policies?.hash ?? null,
    traceHash: '9f3c21aa00112233',
    traceHashes: [],
    virtualMs: scenario.durationMs,
    wallMs: 100,
    events: 10_000,
    calls: 4000,
    passed: true,
    services: Object.fromEntries(
      scenario.services.map(({ name, replicas }) => [
        name,
        {
          ...calls,
          traceHash: '00',
          latencyMs: LATENCY,
          failedLatencyMs: LATENCY,
          server: {
            arrivals: 1010,
            completed: 1000,
            errors: 6,
            refused: 4,
            open: 0,
            utilization: 0.5,
            queueMs: { mean: 1, p99: 8 },
            serviceMs: { mean: 5 },
            present: 2,
          },
          instances: Object.fromEntries(
            Array.from({ length: replicas }, (_, i) => [
              `${name}#${i + 1}`,
              { arrivals: 1, errors: 0, utilization: 0.5 },
            ]),
          ),
        },
      ]),
    ),
    edges: Object.fromEntries(
      scenario.workloads.map(({ callerName, to }) => [
        `${callerName}>${to[0]?.service}`,
        {
          calls: 1000,
          attempts: 1100,
          amplification: 1.1,
          outcomes: { ok: 990, error: 0, timeout: 6, 'circuit-open': 4 },
          attemptOutcomes: { ok: 990 },
          latencyMs: LATENCY,
        },
      ]),
    ),
    workload: Object.fromEntries(
      scenario.workloads.map(({ id, deadlineMs }) => [
        id,
        { ...calls, deadlineMs: deadlineMs ?? null, latencyMs: LATENCY },
      ]),
    ),
    thresholds: [],
    timeline: { stepMs: 1000, series: {} },
    events$: [],
    eventsDropped: 0,
    ...change,
  }
}

export interface FakeIo extends CliIo {
  /** What was printed. */
  readonly printed: { out: string; err: string }
  readonly files: Map<string, string>
  readonly simulated: ResolvedScenario[]
  /** Where policy documents are kept, by their place. */
  readonly places: Map<string, PolicyStore>
  /** Presses Ctrl-C. */
  interrupt(): void
}

type Run = (scenario: ResolvedScenario, options: SimulateOptions, io: FakeIo) => RunDocument

/** A terminal, a disk and a simulator in memory; `run` says what a simulation comes to. */
export function fakeIo(change: Partial<CliIo> = {}, run: Run = (scenario) => fakeRun(scenario)): FakeIo {
  const listeners = new Set<() => void>()
  const io: FakeIo = {
    printed: { out: '', err: '' },
    files: new Map(),
    simulated: [],
    places: new Map(),
    out(text) {
      io.printed.out += text
    },
    err(text) {
      io.printed.err += text
    },
    isOutTty: false,
    isErrTty: false,
    columns: 100,
    env: {},
    cwd: '/',
    writeFile: (path, text) => void io.files.set(path, text),
    appendFile: (path, text) => void io.files.set(path, (io.files.get(path) ?? '') + text),
    onInterrupt(told) {
      listeners.add(told)
      return { [Symbol.dispose]: () => void listeners.delete(told) }
    },
    interrupt: () => {
      for (const told of listeners) told()
    },
    simulate: async (scenario, options) => {
      io.simulated.push(scenario)
      return run(scenario, options, io)
    },
    watchFolders: () => ({ [Symbol.dispose]: () => {} }),
    runAgain: async () => 0,
    openRuns: () => runsHere((scenario, options) => io.simulate(scenario, options)),
    openPlace: async (place) => {
      const store = io.places.get(place)
      if (store === undefined) throw new Error(`no test has put a store at ${place}`)
      return store
    },
    wallNow: () => 1_795_372_419_000,
    ...change,
  }
  return io
}

import { partsOf } from '@seakeep/core/spi'
import { config } from 'rxjs'
import { checkBooks } from '../checkers/books.ts'
import { WatchedInvariants } from '../checkers/invariants/invariants.ts'
import { WatchedProperties } from '../checkers/property-watch.ts'
import { Kernel } from '../kernel/kernel.ts'
import type { MicrotaskDrain } from '../kernel/microtask-drain.ts'
import { determinismGuard } from '../kernel/node-determinism-guard.ts'
import { createDrain } from '../kernel/node-drain.ts'
import { buildDocument } from '../recording/build-document.ts'
import { Diary } from '../recording/diary.ts'
import type { Recorder } from '../recording/recorder.ts'
import type { RunDocument, RunEvent } from '../recording/run-document.ts'
import { callSpans } from '../recording/worst-calls.ts'
import type { ResolvedScenario } from '../scenario/resolved-scenario.ts'
import { buildWorld } from './build-world.ts'
import { closeBooks } from './close-books.ts'
import { NodeAmbience } from './node-ambience.ts'
import { tuneEngine } from './node-engine.ts'
import { runVersions } from './node-versions.ts'
import { WatchedThresholds } from './watch-thresholds.ts'

export interface RunProgress {
  readonly virtualMs: number
  readonly durationMs: number
  readonly wallMs: number
  readonly calls: number
}

export interface RunScenarioOptions {
  readonly onProgress?: ((progress: RunProgress) => void) | undefined
  /** Ends the run early; what was measured until then is reported. */
  readonly signal?: AbortSignal | undefined
  /** Drains promises after every event instead of after those that settled one: slower, and the trace must not change. */
  readonly drainAlways?: boolean | undefined
  /** Drains by public means only, as where Node's fast way is not to be had. */
  readonly drainSlowly?: boolean | undefined
  /** Writes the timeline of every service. */
  readonly allTimelines?: boolean | undefined
  /** Records what pictures are drawn from, too: `detail` of the run document. */
  readonly inDetail?: boolean | undefined
  /** Hears of faults and transitions as they happen. */
  readonly onEvent?: ((event: RunEvent) => void) | undefined
  /** Keeps the stories of single calls. */
  readonly diary?: Diary | undefined
}

/** Calls whose stories are kept have themselves explained, and take with them what was written down: none is drawn. */
const EXPLAIN_STORIES = { ratio: 0, keep: Number.MAX_SAFE_INTEGER }

/** A run that is over: its document, and what was recorded behind it. */
export interface FinishedRun {
  readonly document: RunDocument
  readonly recorder: Recorder
}

/**
 * Runs of one process take turns: while one is on it holds things of the whole process (the environment of `policy()`,
 * the refusals of real time, who hears of what nobody caught), and on one thread two at a time would not be quicker.
 */
let lastRun: Promise<unknown> = Promise.resolve()

/** Runs one resolved scenario to its end and reports what was measured. */
export function runScenario(scenario: ResolvedScenario, options: RunScenarioOptions = {}): Promise<FinishedRun> {
  tuneEngine()
  const run = lastRun.then(async () => {
    const finished = await runAlone(scenario, options)
    return options.inDetail === true ? await withDecisions(scenario, finished, options) : finished
  })
  lastRun = run.catch(() => {})
  return run
}

/**
 * The calls that were kept, with what was decided of each. Which they are is known at the end only, and to have all calls
 * explained takes several times as long as to make the same run again for these.
 */
async function withDecisions(
  scenario: ResolvedScenario,
  finished: FinishedRun,
  { signal, drainAlways, drainSlowly }: RunScenarioOptions,
): Promise<FinishedRun> {
  const { document } = finished
  const { detail } = document
  if (detail === undefined || detail.calls.length === 0 || document.interrupted === true) return finished
  const calls = new Set(detail.calls.map(({ id }) => id))
  const diary = new Diary({ calls, worst: calls.size, fromUs: 0 })
  const again = await runAlone(scenario, { diary, signal, drainAlways, drainSlowly })
  // Code of the scenario that keeps something between runs makes another run of it.
  if (again.document.traceHash !== document.traceHash) return finished
  const stories = new Map(diary.kept.map((story) => [story.id, story]))
  const explained = detail.calls.map((one) => {
    const story = stories.get(one.id)
    return story === undefined ? one : { ...one, ...callSpans(story) }
  })
  return { ...finished, document: { ...document, detail: { ...detail, calls: explained } } }
}

async function runAlone(scenario: ResolvedScenario, options: RunScenarioOptions): Promise<FinishedRun> {
  const parts = scenario.modules.length === 0 ? {} : await partsOf(scenario.modules)
  const drain = drainFor(scenario, options)
  const startedMs = drain.realNow()
  const kernel = new Kernel()
  const ambience = new NodeAmbience()
  using _environment = ambience.takeOver()
  const inDetail = options.inDetail === true
  const explained = options.diary?.isExplained === true ? { explain: EXPLAIN_STORIES } : {}
  const world = buildWorld(scenario, kernel, ambience, { ...parts, ...explained }, { inDetail })
  const { recorder } = world
  recorder.log.onEvent = options.onEvent
  recorder.diary = options.diary
  const thresholds = new WatchedThresholds(scenario, recorder)
  const properties = new WatchedProperties(scenario, recorder)
  const invariants =
    scenario.invariants.length === 0 ? undefined : new WatchedInvariants(scenario, recorder, () => kernel.nowUs)
  recorder.witness = invariants
  const { durationMs } = scenario
  const ending = await withListenersWatched(kernel, () =>
    kernel.run(Math.round(durationMs * 1000), {
      drain,
      drainAlways: options.drainAlways,
      onSlice(nowUs) {
        const wallMs = drain.realNow() - startedMs
        options.onProgress?.({ virtualMs: nowUs / 1000, durationMs, wallMs, calls: recorder.calls })
        return options.signal?.aborted !== true
      },
    }),
  )
  const open = closeBooks(world)
  checkBooks(recorder, kernel.nowUs, open)
  const document = buildDocument(scenario, recorder, {
    versions: runVersions(),
    virtualMs: kernel.nowUs / 1000,
    wallMs: Math.round(drain.realNow() - startedMs),
    events: kernel.events,
    isInterrupted: ending === 'interrupted',
    thresholds: thresholds.reports(),
    invalid: thresholds.invalid(),
    properties: [...properties.reports(), ...(invariants?.reports() ?? [])],
    open: new Map(Array.from(open, ([name, { openMeasured }]) => [name, openMeasured])),
    allTimelines: options.allTimelines === true,
  })
  return { document, recorder }
}

/** User code runs only where the scenario has handlers or modules; only then is the real world shut off. */
function drainFor(scenario: ResolvedScenario, options: RunScenarioOptions): MicrotaskDrain {
  const hasHandlers = scenario.services.some((service) => service.app !== undefined)
  return createDrain({
    method: options.drainSlowly === true ? 'immediate' : 'auto',
    ...(hasHandlers || scenario.modules.length > 0 ? { guard: determinismGuard } : {}),
  })
}

/** What a listener of a stream throws would surface on a real timer; for the length of a run it fails the run. */
async function withListenersWatched<T>(kernel: Kernel, run: () => Promise<T>): Promise<T> {
  const before = config.onUnhandledError
  config.onUnhandledError = (error: unknown) => kernel.fail(error)
  try {
    return await run()
  } finally {
    config.onUnhandledError = before
  }
}

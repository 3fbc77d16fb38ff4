/** Explained calls as they are read on a terminal. */
import type { CallStory } from '../recording/call-story.ts'
import type { Diary } from '../recording/diary.ts'
import type { DecidingField } from '../recording/run-detail.ts'
import type { RunDocument } from '../recording/run-document.ts'
import { clock, count, instant, lengthOfTime } from '../reporting/figures.ts'
import type { Paint } from '../reporting/paint.ts'
import { table } from '../reporting/table.ts'
import type { Cause } from '../running/explaining/causes.ts'
import type { Step } from '../running/explaining/steps.ts'

export interface ExplainedCall {
  readonly story: CallStory
  readonly causes: readonly Cause[]
  readonly steps: readonly Step[]
  readonly fields: readonly DecidingField[]
}

/** How many calls were not good, and what most of each is laid to. */
export function countText(
  {
    run,
    diary,
    blamed,
  }: { readonly run: RunDocument; readonly diary: Diary; readonly blamed: ReadonlyMap<string | undefined, number> },
  isAsked: boolean,
  paint: Paint,
): string {
  const title = ` ${paint('strong', run.scenario)}  seed ${run.seed}  trace ${run.traceHash}`
  if (isAsked) return `${title}\n`
  if (diary.bad === 0) return `${title}\n  all ${count(diary.ended)} calls were good\n`
  const rows = [...blamed].sort((a, b) => b[1] - a[1]).map(([label, calls]) => [count(calls), label ?? 'no fault'])
  const columns = [{ title: '', align: 'right' }, { title: '' }] as const
  const most = `${count(diary.bad)} of ${count(diary.ended)} calls were not good; what cost most of their time:`
  return `${title}\n  ${most}\n${table(columns, rows, paint, '    ')}\n`
}

export function explainedText(
  { story, causes, steps, fields }: ExplainedCall,
  run: RunDocument,
  again: string,
  paint: Paint,
): string {
  const took = lengthOfTime((story.endedUs - story.offeredUs) / 1000)
  const isLate = story.ending === 'ok' && !story.isGood
  const end = `${story.ending} after ${took}${isLate ? ', too late' : ''}`
  const [first, ...others] = causes
  const because =
    first === undefined
      ? '  no fault was at work on its way'
      : `  because of ${paint('bad', first.fault.label)}, since ${clock(first.fault.atMs)}: ${costText(first)}`
  const also = others
    .slice(0, 2)
    .map((cause) => `  then ${cause.fault.label}, since ${clock(cause.fault.atMs)}: ${costText(cause)}`)
  const columns = [
    { title: 'at' },
    { title: 'who', max: 40 },
    { title: '' },
    { title: '', max: 120 },
    { title: 'left', align: 'right' },
  ] as const
  const rows = steps.map(({ atUs, depth, who, what, said, isBad, leftMs }) => [
    instant(atUs / 1000),
    `${'│ '.repeat(depth)}${who}`,
    what,
    { text: said, tone: isBad ? ('bad' as const) : ('plain' as const) },
    { text: leftMs === undefined ? '' : leftMs < 0 ? 'over' : lengthOfTime(leftMs), tone: 'dim' as const },
  ])
  const decided = fields.map(({ edge, path, value, written }) => [edge, path, value, written])
  return `${[
    ` ${paint('strong', story.id)}  ${story.service}  ${paint(story.isGood ? 'good' : 'bad', end)}  ${paint('dim', `in a run of ${clock(run.virtualMs)}`)}`,
    because,
    ...also,
    '',
    table(columns, rows, paint, '    '),
    '',
    ...(decided.length === 0
      ? []
      : [
          `  ${paint('strong', 'POLICY LINES THAT DECIDED')}`,
          table([{ title: '' }, { title: '' }, { title: '' }, { title: '' }], decided, paint, '    '),
          '',
        ]),
    `  ${paint('dim', 'again')}  ${again}`,
  ].join('\n')}\n`
}

function costText({ costMs, isDirect }: Cause): string {
  const cost = lengthOfTime(costMs)
  return isDirect ? `it struck the call and cost ${cost}` : `it made the call wait or be refused, ${cost} of its time`
}

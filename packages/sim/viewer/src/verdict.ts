/** What stands first: did it hold, and what happened. */
import { clock } from '../../src/reporting/figures.ts'
import { measuredFigure, propertyFigure } from '../../src/reporting/measured.ts'
import type { RunDocument } from './detail.ts'
import { h } from './dom.ts'
import type { Page } from './page.ts'
import { partingMs, type Sentence, storyOf } from './story.ts'

export interface Verdict {
  readonly sign: string
  readonly word: string
  readonly tone: 'good' | 'bad' | 'warn'
}

export function verdictOf(run: RunDocument): Verdict {
  if (run.interrupted === true) return { sign: '!', word: 'interrupted', tone: 'warn' }
  if (run.invalid !== undefined && run.invalid.length > 0)
    return { sign: '!', word: 'invalid experiment', tone: 'warn' }
  const { thresholds, properties = [] } = run
  const all = [...thresholds, ...properties]
  const failed = all.filter(({ ok }) => !ok).length
  const asked = properties.length === 0 ? several(thresholds.length) : `${all.length} thresholds and properties`
  if (!run.passed) return { sign: '✗', word: `${failed} of ${asked} failed`, tone: 'bad' }
  if (all.length === 0) return { sign: '✓', word: 'no thresholds were set', tone: 'good' }
  return {
    sign: '✓',
    word: all.length === 1 && thresholds.length === 1 ? 'its threshold held' : `all ${asked} held`,
    tone: 'good',
  }
}

function several(thresholds: number): string {
  return `${thresholds} threshold${thresholds === 1 ? '' : 's'}`
}

export function createVerdict(page: Page): HTMLElement {
  const { main, base } = page
  return h(
    'section',
    { id: 'verdict', class: 'split', 'aria-label': 'Verdict' },
    h('div', { class: 'card' }, h('h2', {}, 'Thresholds'), thresholdTable(page), seedsNote(page)),
    h(
      'div',
      { class: 'card' },
      h('h2', {}, 'What happened'),
      storyList(page),
      base && h('p', { class: 'said' }, parting(main.run, base.run)),
    ),
  )
}

/** `before`: the figure of the run to compare with; undefined where there is none. */
function verdictRow(ok: boolean, name: string, said: string, figure: string, before: string | undefined): HTMLElement {
  return h(
    'tr',
    { class: ok ? 'ok' : 'not-ok' },
    h('td', { class: `word ${ok ? 'good' : 'bad'}` }, h('b', {}, ok ? '✓' : '✗'), ok ? ' held' : ' failed'),
    h('th', { scope: 'row' }, name),
    h('td', { class: 'mono soft' }, said),
    h('td', { class: 'figure' }, figure),
    before === undefined ? undefined : h('td', { class: 'figure soft' }, before),
  )
}

function thresholdTable({ main, base }: Page): HTMLElement {
  const { thresholds, properties = [], invalid } = main.run
  if (thresholds.length === 0 && properties.length === 0)
    return h('p', { class: 'empty' }, 'The scenario sets none, so there is nothing it could fail.')
  const rows = [
    ...thresholds.map((one) => {
      const before = base?.run.thresholds.find(
        ({ metric, expression }) => metric === one.metric && expression === one.expression,
      )
      const was = before && `${before.ok ? '✓' : '✗'} ${measuredFigure(before)}`
      return verdictRow(one.ok, one.metric, one.expression, measuredFigure(one), base && (was ?? '–'))
    }),
    ...properties.map((one) => {
      const before = base?.run.properties?.find(({ kind, property }) => kind === one.kind && property === one.property)
      const was = before && propertyFigure(before)
      return verdictRow(one.ok, one.kind, one.property, propertyFigure(one), base && (was ?? '–'))
    }),
  ]
  const note = (invalid ?? []).map((reason) =>
    h('p', { class: 'said' }, `${reason} failed before the first fault: the experiment proves nothing.`),
  )
  const head =
    base &&
    h(
      'tr',
      {},
      h('td'),
      h('td'),
      h('td'),
      h('td', { class: 'soft figure' }, main.label),
      h('td', { class: 'soft figure' }, base.label),
    )
  return h(
    'div',
    { class: 'scroll' },
    h('table', { class: 'thresholds' }, head ? h('thead', {}, head) : null, h('tbody', {}, ...rows)),
    ...note,
  )
}

function seedsNote({ data, main }: Page): HTMLElement | null {
  if (data.seeds === undefined) return null
  const failed = data.seeds.filter(({ passed }) => !passed)
  const which =
    failed.length === 0
      ? ''
      : `; failed: ${failed
          .slice(0, 12)
          .map(({ seed }) => seed)
          .join(', ')}${failed.length > 12 ? ', …' : ''}`
  return h(
    'p',
    { class: 'said' },
    `${data.seeds.length - failed.length} of ${data.seeds.length} seeds passed${which}. Shown is seed ${main.run.seed}; the ribbon under goodput is all of them.`,
  )
}

function storyList({ main, store }: Page): HTMLElement {
  const sentences = storyOf(main.run)
  if (sentences.length === 0) return h('p', { class: 'empty' }, 'Nothing that stands out.')
  const item = ({ atMs, text, tone }: Sentence): HTMLElement =>
    h(
      'li',
      {},
      h(
        'button',
        { type: 'button', class: `moment ${tone}`, onclick: () => store.set({ t: atMs }) },
        h('time', {}, clock(atMs)),
        h('span', {}, text),
      ),
    )
  return h('ol', { class: 'story' }, ...sentences.map(item))
}

function parting(main: RunDocument, base: RunDocument): string {
  const ms = partingMs(main, base)
  if (ms === undefined) return 'Both runs did the very same: their trace hashes are equal.'
  return `Both runs did the same until ${clock(ms)}; from then on their traces differ.`
}

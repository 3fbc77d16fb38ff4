/** The choice as the part of an address behind `#`, so that a place in a report can be pointed at. */
import type { Choice } from './store.ts'

/** `t=12.5&service=payments&call=81234&from=10&to=20`, in seconds. */
export function writeLink({ t, from, to, service, call }: Choice, durationMs: number): string {
  const words: [string, string][] = [['t', seconds(t)]]
  if (from > 0 || to < durationMs) words.push(['from', seconds(from)], ['to', seconds(to)])
  if (service !== undefined) words.push(['service', service])
  if (call !== undefined) words.push(['call', call])
  return new URLSearchParams(words).toString()
}

/** What of a link can be used. */
export function readLink(link: string, durationMs: number): Partial<Choice> {
  const words = new URLSearchParams(link.replace(/^#/, ''))
  const t = instant(words.get('t'), durationMs)
  const from = instant(words.get('from'), durationMs)
  const to = instant(words.get('to'), durationMs)
  const service = words.get('service')
  const call = words.get('call')
  return {
    ...(t === undefined ? {} : { t }),
    ...(from === undefined || to === undefined || from >= to ? {} : { from, to }),
    ...(service === null ? {} : { service }),
    ...(call === null ? {} : { call }),
  }
}

function instant(word: string | null, durationMs: number): number | undefined {
  const ms = word === null || word === '' ? Number.NaN : Number(word) * 1000
  return Number.isFinite(ms) ? Math.min(durationMs, Math.max(0, ms)) : undefined
}

function seconds(ms: number): string {
  return String(Math.round(ms) / 1000)
}

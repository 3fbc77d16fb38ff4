/**
 * Colour by meaning. What is said in colour is also said by a sign or a word, so that nothing is lost without it.
 */
import { styleText } from 'node:util'

export type Tone = 'plain' | 'strong' | 'dim' | 'good' | 'bad' | 'warn'
export type Paint = (tone: Tone, text: string) => string

const STYLES = { strong: 'bold', dim: 'dim', good: 'green', bad: 'red', warn: 'yellow' } as const

export const NO_PAINT: Paint = (_, text) => text

/** Whether a stream gets colours is decided where streams are known, by {@link wantsColour}. */
export const COLOURS: Paint = (tone, text) =>
  tone === 'plain' || text === '' ? text : styleText(STYLES[tone], text, { validateStream: false })

/** NO_COLOR wins over everything, FORCE_COLOR over the stream not being a terminal (no-color.org, force-color.org). */
export function wantsColour(isTty: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0'
  return isTty && env.TERM !== 'dumb'
}

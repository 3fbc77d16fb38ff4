import { describe, expect, it } from 'vitest'
import { WritableCell } from '../state/state-cell.ts'
import type { GovernanceEvent } from '../telemetry/events.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { parsePolicyText } from './parse-text.ts'
import { type FirstWord, type GoverningPolicies, PolicyFollower } from './policy-follower.ts'
import type { PolicySource, PolicySourceSink } from './policy-source.ts'

const GOOD = 'version: 1\ntargets:\n  a: { timeout: 1s }\n'
const SAME = '# said otherwise\nversion: 1\ntargets: { a: { timeout: 1000 } }\n'
const OTHER = 'version: 1\ntargets:\n  a: { timeout: 2s }\n'
const BAD = 'version: 1\ntargets:\n  a: { timeuot: 1s }\n'
const hashOf = (text: string): string => parsePolicyText(text, '').hash

/** A follower of a source that says what a test tells it to. */
function following(given: { readonly hash?: string; readonly onApply?: () => void } = {}) {
  const clock = new ManualClock()
  const events: GovernanceEvent[] = []
  const applied: string[] = []
  const words: FirstWord[] = []
  let sink: PolicySourceSink | undefined
  let isClosed = false
  const cell = new WritableCell<GoverningPolicies>({
    ...{ hash: given.hash, source: undefined, revision: undefined, appliedAtMs: 0 },
  })
  const source: PolicySource = {
    name: 'consul seakeep/policies',
    watch: (to) => {
      sink = to
      return {
        [Symbol.dispose]: () => {
          sink = undefined
        },
      }
    },
    close: () => {
      isClosed = true
    },
  }
  const follower = new PolicyFollower(source, {
    ...{ clock, cell, events: { emit: (event: GovernanceEvent) => void events.push(event) } },
    apply: (document, origin) => {
      given.onApply?.()
      applied.push(`${document.hash} ${origin.source} ${origin.revision}`)
      cell.set({ hash: document.hash, ...origin, appliedAtMs: clock.now() })
    },
  }).start()
  follower.onFirstWord((word) => words.push(word))
  return {
    ...{ clock, events, applied, words, cell, follower },
    says: (text: string, revision: string) => sink?.document({ text, revision }),
    lacks: () => sink?.missing(),
    fails: (message: string) => sink?.error(new Error(message)),
    isWatched: () => sink !== undefined,
    isClosed: () => isClosed,
    types: () => events.map(({ type }) => type),
  }
}

describe('a policy follower', () => {
  it('hands on what is good and differs, and names the revision of what does not', () => {
    const { says, applied, cell, types, clock } = following()
    says(GOOD, '7')
    clock.advance(10)
    says(GOOD, '8')
    says(SAME, '9')
    expect(applied).toEqual([`${hashOf(GOOD)} consul seakeep/policies 7`])
    expect(cell.value).toMatchObject({
      hash: hashOf(GOOD),
      source: 'consul seakeep/policies',
      revision: '9',
      appliedAtMs: 0,
    })
    says(OTHER, '10')
    expect(applied).toHaveLength(2)
    expect(cell.value).toMatchObject({ hash: hashOf(OTHER), revision: '10', appliedAtMs: 10 })
    expect(types()).toEqual([])
  })

  it('does not apply what governs already', () => {
    const { says, applied, cell } = following({ hash: hashOf(GOOD) })
    says(SAME, '1')
    expect([applied, cell.value.revision, cell.value.hash]).toEqual([[], '1', hashOf(GOOD)])
  })

  it('tells a bad one once for each revision, with the line, and what goes on governing', () => {
    const { says, applied, cell, events, clock } = following()
    says(GOOD, '1')
    clock.advance(5)
    says(BAD, '2')
    says(BAD, '2')
    expect(events).toEqual([
      {
        type: 'policyRejected',
        atMs: 5,
        name: 'consul seakeep/policies',
        revision: '2',
        hash: hashOf(GOOD),
        error: expect.objectContaining({
          code: 'SEAKEEP_CONFIG',
          path: 'targets.a.timeuot',
          message: expect.stringContaining('(consul seakeep/policies@2:3:8)'),
        }),
      },
    ])
    expect(cell.value).toMatchObject({ hash: hashOf(GOOD), revision: '1', rejected: { revision: '2', atMs: 5 } })
    says(BAD, '3')
    expect(events).toHaveLength(2)
    says(GOOD, '4')
    expect(applied).toHaveLength(1)
    expect(cell.value).toMatchObject({ revision: '4', rejected: undefined })
  })

  it('counts a document that cannot be applied as bad', () => {
    const { says, cell, events } = following({
      onApply: () => {
        throw new Error('does not fit')
      },
    })
    says(GOOD, '1')
    expect(events).toMatchObject([{ type: 'policyRejected', hash: undefined, error: { message: 'does not fit' } }])
    expect(cell.value).toMatchObject({ hash: undefined, rejected: { revision: '1' } })
  })

  it('tells an outage once, and once when it is over', () => {
    const { says, lacks, fails, cell, types, events } = following()
    says(GOOD, '1')
    for (const message of ['one', 'two', 'three']) fails(message)
    expect(cell.value).toMatchObject({ hash: hashOf(GOOD), failure: { message: 'one' } })
    says(GOOD, '1')
    expect(types()).toEqual(['policySourceFailed', 'policySourceRecovered'])
    expect(events[0]).toMatchObject({ hash: hashOf(GOOD), error: { message: 'one' } })
    expect(cell.value.failure).toBe(undefined)
    fails('four')
    lacks()
    expect(types().slice(2)).toEqual(['policySourceFailed', 'policySourceRecovered', 'policyRemoved'])
  })

  it('keeps what governs when the document is removed, and applies it once when it is back', () => {
    const { says, lacks, applied, cell, types } = following()
    says(GOOD, '1')
    lacks()
    lacks()
    expect([types(), cell.value.hash]).toEqual([['policyRemoved'], hashOf(GOOD)])
    says(GOOD, '2')
    says(OTHER, '3')
    expect(applied).toHaveLength(2)
    says(BAD, '4')
    lacks()
    says(BAD, '5')
    expect(types()).toEqual(['policyRemoved', 'policyRejected', 'policyRemoved', 'policyRejected'])
  })

  it('says what the first word was: errors are none', () => {
    const good = following()
    good.fails('down')
    expect(good.words).toEqual([])
    good.says(GOOD, '1')
    good.says(BAD, '2')
    good.follower.onFirstWord((word) => good.words.push(word))
    expect(good.words).toEqual(['document', 'document'])
    const none = following()
    none.lacks()
    expect([none.words, none.types()]).toEqual([['missing'], []])
    const bad = following()
    bad.says(BAD, '1')
    expect(bad.words).toMatchObject([{ code: 'SEAKEEP_CONFIG' }])
  })

  it('where there is none though another governs, says that it found none', () => {
    const { lacks, types } = following({ hash: hashOf(GOOD) })
    lacks()
    expect(types()).toEqual(['policyRemoved'])
  })

  it('takes a source that throws for one that cannot be reached', () => {
    const { cell, events, clock } = following()
    const source: PolicySource = {
      name: 'odd',
      watch: () => {
        throw new Error('no such folder')
      },
      close: () => {},
    }
    const sink = { emit: (event: GovernanceEvent) => void events.push(event) }
    new PolicyFollower(source, { clock, cell, events: sink, apply: () => {} }).start()
    expect(events).toMatchObject([{ type: 'policySourceFailed', name: 'odd', error: { message: 'no such folder' } }])
  })

  it('that is disposed of closes its source and hears nothing more', () => {
    const { follower, says, isWatched, isClosed, applied, events } = following()
    const late = (): void => follower.document({ text: GOOD, revision: '1' })
    follower[Symbol.dispose]()
    says(GOOD, '1')
    late()
    follower.missing()
    follower.error(new Error('late'))
    expect([isWatched(), isClosed(), applied, events]).toEqual([false, true, [], []])
  })
})

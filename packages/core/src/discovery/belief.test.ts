import { describe, expect, it } from 'vitest'
import type { Instance } from '../endpoint/endpoint.ts'
import { type Belief, beliefIn, believe, isLossOfMany, release, releaseAtMs } from './belief.ts'

/** Without the moment that each is given to come back; see below. */
const RULES = { maxDropped: 0.5, dropGraceMs: 30_000, lapseGraceMs: 0 }
const PATIENT = { ...RULES, lapseGraceMs: 8000 }

/** `abc` is the list of a, b and c. */
const list = (names: string): Instance[] =>
  [...names].map((id) => ({ id, service: 'orders', address: { host: id, port: 80 }, protocol: 'http', weight: 1 }))
const namesOf = ({ list }: Belief): string => list.map(({ id }) => id).join('')
const retained = (belief: Belief): string => [...belief.retained.keys()].join('')

/** What is believed where `known` were known and a registry that tells goodbyes lists `now`. */
function hear(known: Belief, now: string, left = '', atMs = 0, rules = RULES): Belief {
  return believe(known, { list: list(now), left: new Set(left), isOwn: true }, atMs, rules)
}
const after = (known: string, now: string, left = ''): Belief => hear(beliefIn(list(known)), now, left)

/** Lets time pass: each release as `when:list`. */
function releases(belief: Belief, rules = RULES): string[] {
  const seen: string[] = []
  for (let at = releaseAtMs(belief, rules); at !== Number.POSITIVE_INFINITY; at = releaseAtMs(belief, rules)) {
    expect(release(belief, at - 1, rules)).toBe(belief)
    belief = release(belief, at, rules)
    seen.push(`${at / 1000}:${namesOf(belief)}`)
  }
  return seen
}

describe('what is believed of a list that lacks some', () => {
  // known, listed, said goodbye → believed, of these kept; then how they go
  it.each([
    ['1 of 1 died', 'a', '', '', 'a', 'a', ['30:']],
    ['1 of 1 left', 'a', '', 'a', '', '', []],
    ['1 of 2 died', 'ab', 'a', '', 'a', '', []],
    ['2 of 2 died', 'ab', '', '', 'ab', 'ab', ['30:b', '60:']],
    ['2 of 2 left', 'ab', '', 'ab', '', '', []],
    ['1 of 2 left, 1 died', 'ab', '', 'a', 'b', 'b', ['30:']],
    ['1 of 3 died', 'abc', 'ab', '', 'ab', '', []],
    ['2 of 3 died', 'abc', 'a', '', 'abc', 'bc', ['30:ac', '60:a']],
    ['3 of 3 died', 'abc', '', '', 'abc', 'abc', ['30:bc', '60:c', '90:']],
    ['2 of 3 left', 'abc', 'a', 'bc', 'a', '', []],
    ['2 of 3 left, 1 died', 'abc', '', 'ab', 'c', '', ['30:']],
    ['1 of 3 left, 1 died', 'abc', 'a', 'b', 'a', '', []],
    ['5 of 10 died', 'abcdefghij', 'fghij', '', 'fghij', '', []],
    ['6 of 10 died', 'abcdefghij', 'ghij', '', 'ghijabcdef', 'abcdef', ['30:ghijf', '60:ghij']],
    [
      '10 of 10 died',
      'abcdefghij',
      '',
      '',
      'abcdefghij',
      'abcdefghij',
      ['30:fghij', '60:hij', '90:ij', '120:j', '150:'],
    ],
    ['one came, the other died', 'a', 'b', '', 'ba', 'a', ['30:b']],
    ['nobody is missing', 'ab', 'abc', '', 'abc', '', []],
    ['left, and is there again', 'ab', 'ab', 'a', 'ab', '', []],
  ])('%s', (_title, known, now, left, believed, kept, going) => {
    const belief = after(known, now, left)
    expect(namesOf(belief)).toBe(believed)
    if (kept !== '') expect(retained(belief)).toBe(kept)
    expect(releases(belief)).toEqual(going)
  })

  it('a registry that tells no goodbyes is believed in everything', () => {
    const word = { list: [], left: undefined, isOwn: true }
    expect(namesOf(believe(beliefIn(list('abc')), word, 0, RULES))).toBe('')
    expect(namesOf(believe(after('abc', ''), word, 0, RULES))).toBe('')
  })

  it('those that come back are simply there, and the others have their grace', () => {
    let belief = after('abcd', '')
    belief = hear(belief, 'bcd', '', 10_000)
    expect([namesOf(belief), retained(belief)]).toEqual(['bcda', 'a'])
    expect(releases(belief)).toEqual(['30:bcd'])
    expect(retained(hear(belief, 'abcd', '', 20_000))).toBe('')
  })

  it('who is kept may still say goodbye', () => {
    expect(namesOf(hear(after('abc', ''), '', 'b', 5_000))).toBe('ac')
  })

  it('a loss of many is one also where they go one after the other', () => {
    let belief = beliefIn(list('abcdefghij'))
    const names = 'abcdefghij'
    for (let gone = 1; gone <= 10; gone++) belief = hear(belief, names.slice(gone), '', gone * 1000)
    expect([...namesOf(belief)].sort().join('')).toBe('fghij')
    expect(belief.retained.get('f')).toEqual({ sinceMs: 6_000, isOfMany: true })
    // Of five two may go within a grace, but only one has been kept for so long when the first does.
    const going = releases(belief).map((seen) => seen.split(':').map((part) => part.length))
    expect(releases(belief).map((seen) => seen.split(':')[0])).toEqual(['36', '66', '96', '126'])
    expect(going.map(([, left]) => left)).toEqual([4, 2, 1, 0])
  })

  it('one by one, a grace apart, all may go but the last, who has to wait', () => {
    let belief = beliefIn(list('abc'))
    belief = hear(belief, 'bc', '', 0)
    belief = hear(belief, 'c', '', 30_000)
    expect(namesOf(belief)).toBe('c')
    belief = hear(belief, '', '', 60_000)
    expect(namesOf(belief)).toBe('c')
    expect(releases(belief)).toEqual(['90:'])
  })

  it('a fleet that is replaced one by one without goodbyes is followed', () => {
    const [old, next] = ['abcdefghij', 'klmnopqrst']
    let belief = beliefIn(list(old))
    for (let i = 1; i <= 10; i++) {
      belief = hear(belief, old.slice(i - 1) + next.slice(0, i), '', i * 1000)
      belief = hear(belief, old.slice(i) + next.slice(0, i), '', i * 1000 + 500)
      expect(retained(belief)).toBe('')
    }
    expect(namesOf(belief)).toBe(next)
  })

  it('the list of another registry, or one from disk, is judged by the length of what replaces it', () => {
    const other = (now: string, left: ReadonlySet<string> | undefined) =>
      namesOf(believe(beliefIn(list('abcd')), { list: list(now), left, isOwn: false }, 0, RULES))
    const replace = (now: string) => other(now, new Set())
    expect(replace('wxyz')).toBe('wxyz')
    expect(replace('xy')).toBe('xy')
    expect(replace('x')).toBe('xabcd')
    expect(replace('a')).toBe('abcd')
    expect(replace('')).toBe('abcd')
    expect(other('', undefined)).toBe('')
  })

  it('maxDropped 1 believes everything, 0 nothing without a goodbye', () => {
    const known = beliefIn(list('abc'))
    expect(namesOf(hear(known, '', '', 0, { ...RULES, maxDropped: 1 }))).toBe('')
    const never = { ...RULES, maxDropped: 0 }
    const belief = hear(known, 'ab', '', 0, never)
    expect(namesOf(belief)).toBe('abc')
    expect(releases(belief, never)).toEqual(['30:ab'])
    expect(releases(hear(known, '', '', 0, never), never)).toEqual(['30:bc', '60:c', '90:'])
  })

  it('a share is counted without rounding errors', () => {
    const hundred = beliefIn(Array.from({ length: 100 }, (_, i) => ({ ...list('a')[0]!, id: `${i}` })))
    const keep = (count: number, maxDropped: number) =>
      believe(hundred, { list: hundred.list.slice(count), left: new Set(), isOwn: true }, 0, { ...RULES, maxDropped })
    expect(keep(29, 0.29).list.length).toBe(71)
    expect(keep(30, 0.29).list.length).toBe(100)
    expect(release(keep(30, 0.29), 30_000, { ...RULES, maxDropped: 0.29 }).list.length).toBe(71)
  })

  describe('who may come back', () => {
    it('is kept for a moment, and then gone without more', () => {
      const belief = hear(beliefIn(list('abcd')), 'abc', '', 0, PATIENT)
      expect([namesOf(belief), retained(belief)]).toEqual(['abcd', 'd'])
      expect(releases(belief, PATIENT)).toEqual(['8:abc'])
    })

    it('is simply there when it does: a lost lease takes nobody away', () => {
      const belief = hear(hear(beliefIn(list('abcd')), 'ab', '', 0, PATIENT), 'abcd', '', 6500, PATIENT)
      expect([namesOf(belief), retained(belief), releases(belief, PATIENT)]).toEqual(['abcd', '', []])
    })

    it('is gone at once where it says goodbye', () => {
      expect(namesOf(hear(beliefIn(list('abcd')), 'ab', 'cd', 0, PATIENT))).toBe('ab')
      const kept = hear(beliefIn(list('abcd')), 'abc', '', 0, PATIENT)
      expect(namesOf(hear(kept, 'abc', 'd', 1000, PATIENT))).toBe('abc')
    })

    it('goes while those beyond the share, who came after it, are kept for their grace', () => {
      let belief = hear(beliefIn(list('abcde')), 'bcde', '', 0, PATIENT)
      belief = hear(belief, 'cde', '', 1000, PATIENT)
      belief = hear(belief, 'de', '', 2000, PATIENT)
      expect([...retained(belief)].sort()).toEqual(['a', 'b', 'c'])
      expect(isLossOfMany(belief)).toBe(true)
      expect(releases(belief, PATIENT).map((seen) => [...seen].sort().join(''))).toEqual(['8:bcde', '9:cde', '23:de'])
    })

    it('counts among the lost when it has gone', () => {
      let belief = hear(beliefIn(list('abcd')), 'abc', '', 0, PATIENT)
      belief = release(belief, 8000, PATIENT)
      belief = hear(belief, 'ab', '', 10_000, PATIENT)
      belief = hear(belief, 'a', '', 12_000, PATIENT)
      expect([...belief.retained]).toEqual([
        ['b', { sinceMs: 12_000, isOfMany: true }],
        ['c', { sinceMs: 10_000, isOfMany: false }],
      ])
      expect(releases(belief, PATIENT)).toEqual(['18:ab', '42:a'])
    })
  })
})

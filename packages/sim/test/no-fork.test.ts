// "No file of the simulator copies or forks a policy": it reaches the core through its doors only, defines none of the
// core's classes itself, and holds no stretch of the core's text, also not under other names.
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readSource } from '../../../tools/boundaries/source.ts'

const SIM = fileURLToPath(new URL('../src', import.meta.url))
const CORE = fileURLToPath(new URL('../../core/src', import.meta.url))
const DOORS = ['@seakeep/core', '@seakeep/core/spi', '@seakeep/core/testing']

/** Sources by path, without tests. */
function sourcesOf(folder: string): ReadonlyMap<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const sources = files.filter((file) => /\.ts$/.test(file) && !/\.i?test\.ts$/.test(file))
  return new Map(sources.sort().map((file) => [file, readFileSync(join(folder, file), 'utf8')]))
}

const sim = sourcesOf(SIM)
const core = sourcesOf(CORE)

/** The core without its doors. */
const deciding = new Map([...core].filter(([file]) => !/^(index|spi)\.ts$|^testing\//.test(file)))

function classesIn(text: string): string[] {
  return Array.from(text.matchAll(/\bclass\s+([A-Za-z_$][\w$]*)/g), ([, name = '']) => name)
}

const WORD = /^[A-Za-z_$]/
const KEYWORDS = new Set(
  `as async await break case catch class const continue default delete do else export extends false finally for from
  function get if implements import in instanceof interface let new null of private public readonly return set static
  super switch this throw true try type typeof undefined var void while yield number string boolean`.split(/\s+/),
)

/** The text's tokens, without comments and imports. */
function tokensOf(text: string): string[] {
  const code = text
    .replace(/\/\*[\s\S]*?\*\/|(^|[^:])\/\/.*$/gm, '$1')
    .replace(/^(import|export)\s[^;]*?from\s+'[^']*'\s*$/gm, '')
  return code.match(/'[^'\n]*'|`[^`]*`|#?[A-Za-z_$][\w$]*|\d[\w.]*|=>|[=!<>]=+|&&|\|\||\?\?|\S/g) ?? []
}

/** Tokens in a stretch: about six lines. With 40, two classes with the same fields are taken for copies. */
const STRETCH = 50

/** Every stretch of the text, each name in it replaced by its turn: renaming and layout hide nothing. */
function stretchesOf(text: string): Set<string> {
  const tokens = tokensOf(text)
  const stretches = new Set<string>()
  for (let start = 0; start + STRETCH <= tokens.length; start++) {
    const names = new Map<string, number>()
    let stretch = ''
    for (let i = start; i < start + STRETCH; i++) {
      const token = tokens[i] as string
      const name = token.replace('#', '')
      if (!WORD.test(name) || KEYWORDS.has(name)) stretch += ` ${token}`
      else {
        if (!names.has(name)) names.set(name, names.size)
        stretch += ` n${names.get(name)}`
      }
    }
    stretches.add(stretch)
  }
  return stretches
}

const stretchesOfCore = new Map(Array.from(deciding, ([file, text]) => [file, stretchesOf(text)]))

/** Files of the core of which `text` holds a stretch. */
function copiedFrom(text: string): string[] {
  const own = stretchesOf(text)
  return [...stretchesOfCore]
    .filter(([, known]) => [...own].some((stretch) => known.has(stretch)))
    .map(([file]) => file)
}

describe('the simulator reaches the core through its doors', () => {
  it('and through nothing else', () => {
    const doors = new Set<string>()
    for (const [file, text] of sim) {
      for (const { name } of readSource(file, text).imports) {
        if (name.startsWith('@seakeep/')) {
          expect(DOORS, `${file} imports ${name}`).toContain(name)
          doors.add(name)
        } else if (name.startsWith('.')) {
          const target = relative(SIM, join(SIM, file, '..', name))
          expect(target, `${file} imports ${name}`).not.toMatch(/^\.\./)
          if (name.endsWith('.ts')) expect([...sim.keys()], `${file} imports ${name}`).toContain(target)
        }
      }
      // Neither by a name put together at run time; these two look for packages that the user has installed.
      if (!['cli/doctor.ts', 'cli/node-policy-place.ts'].includes(file))
        expect(text, file).not.toMatch(/import\(\s*`|createRequire|packages\/core/)
    }
    expect([...doors].sort()).toEqual(DOORS.slice(0, 2))
  })

  it('and these lead to the core as it is: the exports map knows no other way in', () => {
    const manifest = JSON.parse(readFileSync(join(CORE, '../package.json'), 'utf8')) as { exports: object }
    expect(Object.keys(manifest.exports).sort()).toEqual([
      '.',
      './package.json',
      './policy.schema.json',
      './spi',
      './testing',
    ])
    const own = JSON.parse(readFileSync(join(SIM, '../package.json'), 'utf8')) as Record<string, Record<string, string>>
    expect(own.dependencies).not.toHaveProperty('@seakeep/core')
    expect(own.peerDependencies?.['@seakeep/core']).toMatch(/^workspace:/)
  })

  it('and makes every runtime with assembleRuntime', () => {
    const makers = [...sim].filter(([, text]) => /\bassembleRuntime\(/.test(text)).map(([file]) => file)
    expect(makers).toEqual(['running/life.ts'])
    for (const [file, text] of sim) expect(text, file).not.toMatch(/new (Runtime|GovernedCall|CircuitBreaker)\b/)
  })
})

describe('the simulator holds no copy', () => {
  it('of a class of the core', () => {
    const known = new Set([...core.values()].flatMap(classesIn))
    expect(known).toContain('CircuitBreaker')
    expect(known).toContain('WindowedRetryBudget')
    const both = [...sim].flatMap(([file, text]) =>
      classesIn(text)
        .filter((name) => known.has(name))
        .map((name) => `${file}: ${name}`),
    )
    expect(both).toEqual([])
  })

  it('of a stretch of the core', { timeout: 30_000 }, () => {
    const copies = [...sim].flatMap(([file, text]) =>
      copiedFrom(text).map((from) => `${file} has a stretch of ${from}`),
    )
    expect(copies).toEqual([])
  })

  it('and a planted one is found, also with every name changed and the layout lost', () => {
    for (const file of [
      'breaking/breaker-state.ts',
      'retrying/retry-budget.ts',
      'limiting/token-bucket.ts',
      'balancing/p2c-ewma.ts',
    ]) {
      const text = core.get(file) ?? ''
      expect(copiedFrom(text)).toContain(file)
      const names = new Set(
        text.match(/#?\b[a-z][A-Za-z]{3,}\b/g)?.filter((name) => !KEYWORDS.has(name.replace('#', ''))),
      )
      let disguised = text.replace(/\/\*\*[\s\S]*?\*\//g, '')
      for (const name of names)
        disguised = disguised.replaceAll(new RegExp(`(?<![\\w$])${name}(?![\\w$])`, 'g'), `${name}Of`)
      disguised = disguised.replaceAll(/\n\s*/g, '\n        ').replaceAll('\n        import', '\nimport')
      expect(disguised).not.toBe(text)
      expect(copiedFrom(`${[...sim.values()][3]}\n${disguised}`), file).toContain(file)
    }
  })
})

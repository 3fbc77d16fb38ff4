import { readFileSync } from 'node:fs'
import { isConfigError } from '@seakeep/core'
import fc from 'fast-check'
import { parse, stringify } from 'yaml'
import { fuzzed, nearlyData, nearlyText, refusesBy, startsGood } from '../../../tools/fuzz/fuzzed.ts'
import { parseData } from '../src/scenario/parse-data.ts'
import { resolveScenario } from '../src/scenario/resolving/resolve-scenario.ts'

const folder = new URL('../scenarios/', import.meta.url)
const texts = ['blip', 'canary', 'noisy-neighbour', 'layered-retries', 'cold-deploy'].map((name) =>
  readFileSync(new URL(`${name}.sim.yaml`, folder), 'utf8'),
)
const scenario = nearlyData(fc.constantFrom(...texts.map((text) => parse(text) as unknown)))

startsGood('scenarios', () => texts.map((text) => resolveScenario(parse(text), { baseDir: folder.pathname })))
fuzzed('scenarios', [scenario], (given) =>
  refusesBy(() => resolveScenario(given, { baseDir: folder.pathname }), isConfigError),
)

fuzzed(
  'scenario texts',
  [
    nearlyText(
      fc.oneof(
        fc.constantFrom(...texts),
        scenario.map((one) => stringify(one) ?? ''),
      ),
    ),
  ],
  (text) =>
    refusesBy(() => {
      const { value, locate } = parseData(text, 'x.sim.yaml')
      resolveScenario(value, { baseDir: folder.pathname, locate })
    }, isConfigError),
)

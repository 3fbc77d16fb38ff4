import { existsSync, readFileSync } from 'node:fs'
import { ConfigError } from '@seakeep/core'
import { describe, expect, test } from 'vitest'
import { parseData } from '../parse-data.ts'
import { resolveScenario } from '../resolving/resolve-scenario.ts'
import { parseSetting } from '../set-path.ts'
import { readIsotope } from './isotope.ts'

const read = (yaml: string) => readIsotope(parseData(yaml, 'g.yaml').value, 'g.yaml')

describe('a graph', () => {
  test('defaults, scripts, nested parallel steps, probabilities', () => {
    const graph = read(`
defaults: { numReplicas: 3, errorRate: 0.1% }
services:
- name: web
  isEntrypoint: true
  script:
  - sleep: 1m30s
  - call: api
  - [{ call: { service: db, size: 1 KB, probability: 50 } }, [{ sleep: 100us }, { call: api }]]
- name: api
  numReplicas: 1
  errorRate: 0
- name: db
`)
    expect(graph.topology).toEqual({
      web: {
        replicas: 3,
        errorRate: 0.001,
        steps: [
          { work: 90_000 },
          { call: 'api' },
          [{ call: 'db', probability: 0.5 }, [{ work: 0.1 }, { call: 'api' }]],
        ],
      },
      api: { replicas: 1 },
      db: { replicas: 3, errorRate: 0.001 },
    })
    expect(graph.entries).toEqual([{ service: 'web', share: 1 }])
    expect(graph.workload(200)).toEqual({ poisson: { to: 'web', rate: 200 } })
    expect(graph.warnings).toEqual(['g.yaml: keys not used: size (sizes count only where the network has a bandwidth)'])
  })

  test('sizes count where the network has a bandwidth: of requests by call, of answers by service', () => {
    const yaml = `
defaults: { requestSize: 2 KB, responseSize: 100 }
services:
- { name: web, type: http, script: [{ call: api }, { call: { service: api, size: 1 KB } }] }
- { name: api, responseSize: 10k }
`
    const { topology, warnings } = read(yaml).withSizes()
    expect(topology).toEqual({
      web: {
        replicas: 1,
        requestBytes: 2048,
        responseBytes: 100,
        steps: [{ call: 'api' }, { call: 'api', requestBytes: 1024 }],
      },
      api: { replicas: 1, requestBytes: 2048, responseBytes: 10_240 },
    })
    expect(warnings).toEqual(['g.yaml: keys not used: type'])
  })

  test('without a mark, load enters where nobody calls', () => {
    const graph = read(
      'services: [{ name: a, script: [{ call: c }] }, { name: b, script: [{ call: c }] }, { name: c }]',
    )
    expect(graph.workload(100)).toEqual({
      poisson: {
        to: [
          { service: 'a', share: 1 },
          { service: 'b', share: 1 },
        ],
        rate: 100,
      },
    })
  })

  test('a default script is that of each service without one', () => {
    expect(
      read('{ defaults: { script: [{ sleep: 1ms }] }, services: [{ name: a }, { name: b, script: [] }] }').topology,
    ).toEqual({
      a: { replicas: 1, steps: [{ work: 1 }] },
      b: { replicas: 1, steps: [] },
    })
  })

  test('names that break our rules are changed, and it is said', () => {
    const graph = read('services: [{ name: "a b", script: [{ call: "12" }] }, { name: "12" }, { name: s12 }]')
    expect(graph.topology).toEqual({
      'a-b': { replicas: 1, steps: [{ call: 's12-2' }] },
      's12-2': { replicas: 1 },
      s12: { replicas: 1 },
    })
    expect(graph.warnings).toEqual([
      'g.yaml: service "a b" is called a-b here',
      'g.yaml: service "12" is called s12-2 here',
    ])
  })
})

describe('what cannot be read names its place', () => {
  test.each([
    ['services: []', 'g.yaml: services', 'holds no service'],
    ['services: [{ isEntrypoint: true }]', 'g.yaml: services.0.name', 'is required'],
    ['services: [{ name: a }, { name: a }]', 'g.yaml: services.1.name', "'a' is there twice"],
    [
      'services: [{ name: a, script: [{ call: b }] }, { name: b, script: [{ call: a }] }]',
      'g.yaml: services',
      'none has isEntrypoint, and each is called by another: mark the entry with isEntrypoint',
    ],
    [
      'services: [{ name: orders }, { name: a, script: [{ call: ordrs }] }]',
      'g.yaml: services.1.script.0.call',
      '"ordrs" is no service of this graph; did you mean orders?',
    ],
    [
      'services: [{ name: a, script: [{ sleep: 5 sec }] }]',
      'g.yaml: services.0.script.0.sleep',
      `"5 sec" is no duration as isotope writes it: '10ms', '1m30s'`,
    ],
    [
      'services: [{ name: a, script: [{ slep: 5s }] }]',
      'g.yaml: services.0.script.0',
      'an object is no step: one of { sleep }, { call } or a list of those',
    ],
    [
      'services: [{ name: a, errorRate: 5 }]',
      'g.yaml: services.0.errorRate',
      `5 is no share: a number from 0 to 1, or '0.1%'`,
    ],
    [
      'services: [{ name: a, numReplicas: 0 }]',
      'g.yaml: services.0.numReplicas',
      '0 is no number of replicas: a whole number from 1',
    ],
    [
      'services: [{ name: a, responseSize: big }]',
      'g.yaml: services.0.responseSize',
      `"big" is no size: bytes, or '1 KB', '16k', '2MiB'`,
    ],
    ['services: [{ name: a, isEntrypoint: 1 }]', 'g.yaml: services.0.isEntrypoint', '1 is neither true nor false'],
  ])('%s', (yaml, path, problem) => {
    expect(() => read(yaml)).toThrow(new ConfigError(path, problem))
  })
})

describe('the graphs of the Istio performance team', () => {
  const folder = new URL('../../../../../../shared/data/topologies/', import.meta.url)
  const isThere = existsSync(folder)
  const skipped = isThere ? '' : ' (skipped: ../shared/data is not there)'

  test.skipIf(!isThere).each([
    ['isotope-canonical', 4, ['d']],
    ['isotope-chain-3-services', 3, ['a']],
    ['isotope-tree-13-services', 13, ['d']],
    ['isotope-tree-111-services', 111, ['svc-0']],
    ['isotope-10-svc_100-end', 19, ['svc-0']],
  ])(`%s has %i services${skipped}`, (name, services, entries) => {
    const graph = read(readFileSync(new URL(`${name}.yaml`, folder), 'utf8'))
    expect(Object.keys(graph.topology)).toHaveLength(services)
    expect(graph.entries.map(({ service }) => service)).toEqual(entries)
  })
})

describe('in a scenario', () => {
  const graph = (): object =>
    read(`
defaults: { requestSize: 1 KB }
services: [{ name: web, script: [{ call: api }] }, { name: api, responseSize: 2 KB }]
`)
  const sizesOf = (more: object, set?: string) => {
    const settings = set === undefined ? [] : [parseSetting(set)]
    const { services, warnings } = resolveScenario({ topology: graph(), ...more }, { overrides: { settings } })
    const { requestBytes, responseBytes } = services[1]?.operations.get('') ?? {}
    return { requestBytes, responseBytes, warnings: warnings.length }
  }

  test('sizes are read where anything says a bandwidth, and told not to be used where nothing does', () => {
    const sized = { requestBytes: 1024, responseBytes: 2048, warnings: 0 }
    expect(sizesOf({})).toEqual({ requestBytes: undefined, responseBytes: undefined, warnings: 1 })
    expect(sizesOf({ network: { bandwidth: '1MB/s' } })).toEqual(sized)
    expect(sizesOf({ network: { between: { 'web>api': { bandwidth: 1000 } } } })).toEqual(sized)
    expect(sizesOf({ faults: [{ at: 0, bandwidth: { target: 'api', to: 1000 } }] })).toEqual(sized)
    expect(sizesOf({}, 'network.bandwidth=1MB/s')).toEqual(sized)
  })
})

/**
 * What `init` writes. The scenario holds its thresholds with these policies and breaks them without, so that the first
 * two runs show both colours; its figures are guesses to be replaced by one's own.
 */
import type { FoundProject } from './init-project.ts'

const CALLED = ['payments', 'inventory']

function calledBy({ services, name }: FoundProject): readonly string[] {
  return services.length > 0 ? services : CALLED.filter((one) => one !== name)
}

export function policyText(project: FoundProject): string {
  const [first = 'payments'] = calledBy(project)
  return `# How calls between services are governed, in production and in the simulator alike.
version: 1
policies:
  standard:
    timeout: 800ms # of a call, retries included
    retry:
      maxAttempts: 3 # the first one included
      attemptTimeout: 250ms # well above what a call takes on a calm day, well below the timeout
      budget: { ratio: 20% } # retries are at most so many of the calls
    circuitBreaker: true
    outlier: true
targets:
  "*": { use: standard }
  # A target of its own says what is different there:
  # ${first}: { use: standard, timeout: 1500ms }
`
}

export function scenarioHead({ services }: FoundProject): string {
  const known = services.length > 0 ? 'their figures are guesses' : 'who is called, and all figures, are guesses'
  return `# One bad minute of this service: ${known}; put in your own (p50 and p99 of each service are enough).\n`
}

export function scenarioData(project: FoundProject, policies: string): object {
  const called = calledBy(project)
  const [first = 'payments'] = called
  const service = { replicas: 4, concurrency: 64, work: { lognormal: { p50: '15ms', p99: '60ms' } } }
  return {
    name: `${project.name} with a bad instance`,
    duration: '2m',
    warmup: '10s',
    policies,
    topology: {
      [project.name]: { replicas: 3, work: '2ms', calls: called },
      ...Object.fromEntries(called.map((name) => [name, service])),
    },
    workload: [{ poisson: { to: project.name, rate: 100, deadline: '1s' } }],
    faults: [
      { at: '30s', slow: { target: `${first}#2`, add: '2s', for: '40s' } },
      { at: '80s', error: { target: `${first}#3`, ratio: 0.5, for: '10s' } },
    ],
    thresholds: {
      [`${project.name}.goodput`]: ['ratio>=0.99'],
      [`${project.name}>${first}.amplification`]: ['value<1.25'],
    },
  }
}

export function ciJob(scenario: string, policies: string): string {
  return `# Runs the scenarios, and gates a change of the policies on what it does to them.
name: seakeep
on: [pull_request]
permissions: { contents: read }
jobs:
  seakeep:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with: { fetch-depth: 0 }
      - uses: actions/setup-node@v4
        with: { node-version: 24 }
      - run: npm ci
      - name: thresholds hold with 20 seeds
        run: npx seakeep run ${scenario} --seeds 20
      - name: nothing got worse against the branch it goes into
        run: |
          if git show "origin/$\{{ github.base_ref }}:${policies}" > "$RUNNER_TEMP/base.yaml"; then
            npx seakeep compare ${scenario} --base "$RUNNER_TEMP/base.yaml" --head ${policies} --seeds 20
          fi
`
}

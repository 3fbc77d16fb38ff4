/** Six faults, one of them to blame. */
export const SIX_FAULTS = `name: six faults
duration: 90s
warmup: 5s
topology:
  gateway: { replicas: 2, work: 1ms, calls: [orders, search] }
  orders:
    replicas: 3
    concurrency: 64
    steps: [{ work: 2ms }, [{ call: payments }, { call: stock }], { call: mail, probability: 0.1, optional: true }]
  search: { replicas: 2, work: { exponential: { mean: 4ms } } }
  payments: { replicas: 3, concurrency: 32, work: { lognormal: { p50: 20ms, p99: 90ms } } }
  stock: { replicas: 2, concurrency: 16, work: { exponential: { mean: 5ms } } }
  mail: { replicas: 1, work: 3ms }
policies: ./policies.yaml
workload: [{ poisson: { to: gateway, rate: 40, deadline: 1s } }]
faults:
  - { at: 10s, slow: { target: stock, add: 20ms, ratio: 0.2, for: 10s } }
  - { at: 25s, crash: { target: 'orders#3', restartAfter: 5s } }
  - { at: 40s, slow: { target: payments, add: 1500ms, ratio: 0.5, for: 20s } }
  - { at: 45s, pause: { target: 'search#1', for: 300ms } }
  - { at: 65s, registryDown: { for: 10s } }
  - { at: 75s, error: { target: mail, ratio: 0.9, for: 5s } }
thresholds: { gateway.goodput: ['ratio>=0.97'], gateway.latency: ['p(50)<300ms'] }
`
export const SIX_POLICIES = `version: 1
targets:
  "*":
    timeout: 2s
    retry: { maxAttempts: 3, budget: { ratio: 20% } }
    outlier: true
`

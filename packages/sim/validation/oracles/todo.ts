import type { TodoOracle } from './oracle.ts'

/** Oracles that cannot be asked yet: the simulator or the core has no such thing. They are printed, never written. */
export const todo: readonly TodoOracle[] = [
  { id: 'Q11', name: 'Erlang-A: abandonment', missing: 'patience as a distribution (`queueTimeout` is constant)' },
  { id: 'Q12', name: 'two priority classes (Cobham)', missing: '`discipline: priority`' },
  { id: 'Q15', name: 'universal scalability law', missing: 'work that grows with concurrency' },
  { id: 'L1 d=1,3', name: 'random, and three choices', missing: 'balancer `random`, a number of choices' },
  { id: 'L4', name: 'join the shortest queue', missing: 'balancer `least-request`' },
  {
    id: 'L6 rr',
    name: 'clients in turn, all from the first host',
    missing: 'nothing: ours begin anywhere, on purpose',
  },
  { id: 'L9 weights', name: 'unequal hosts by weight', missing: 'weights of instances, balancer `random`' },
  { id: 'L10 hash', name: 'balls in bins by a balancer', missing: 'balancers `random`, `ring-hash`, `maglev`' },
  { id: 'L11', name: "Envoy's priority spill", missing: 'priorities of endpoints' },
  { id: 'L12', name: 'outliers by success rate', missing: '`outlier` by success rate' },
  { id: 'T3-T6', name: 'hedging: gain, extra load, collapse', missing: '`hedge`' },
  { id: 'R1', name: 'contention on one row by backoff (AWS)', missing: 'backoff as a door for user code' },
  { id: 'R3, R6', name: 'retries by token bucket', missing: 'a budget of tokens (adaptive, gRPC)' },
  {
    id: 'R4',
    name: 'backoff of serial clients',
    missing: 'a closed form: the reference tells too little of its clients',
  },
  {
    id: 'R8 calls',
    name: 'calls until a breaker of n in a row opens',
    missing: 'a breaker that counts in a row; see L13',
  },
  {
    id: 'M3 lifo, expired',
    name: 'other ways to serve a backlog',
    missing: '`discipline: lifo`, `codel`, `onCancel: dequeue`',
  },
  { id: 'M6', name: 'a lost cache', missing: 'a model of a cache' },
  { id: 'M7', name: 'drift of Gradient2', missing: 'adaptive concurrency limits' },
  { id: 'O1', name: "SRE's client throttle", missing: 'adaptive throttling' },
  { id: 'O2 lifo, codel', name: 'overload under other disciplines', missing: '`discipline: lifo`, `codel`' },
  { id: 'O5, O6 fair', name: 'fair shares and priorities', missing: 'quotas, `priority`' },
  { id: 'G1 poll', name: 'a registry that is polled', missing: 'propagation delay of the registry' },
  { id: 'G2', name: 'active health checks: time to detect', missing: '`health`' },
  { id: 'G4', name: '10,000 clients reconnect with jitter', missing: 'a count of reconnections over time' },
]

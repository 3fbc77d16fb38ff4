import type { TodoOracle } from './oracle.ts'

/** Oracles that cannot be asked yet: the simulator or the core has no such thing. They are printed, never written. */
export const todo: readonly TodoOracle[] = [
  {
    id: 'L6 rr',
    name: 'clients in turn, all from the first host',
    missing: 'nothing: ours begin anywhere, on purpose (L6 in turn)',
  },
  { id: 'T6', name: 'tails of BigTable and of tied requests', missing: 'their traces, which were not published' },
  {
    id: 'R1 rest',
    name: 'contention: 50 and 100 clients without jitter, 100 with decorrelated',
    missing: 'more than 20 attempts of one policy, which they take',
  },
  {
    id: 'R3 breaker',
    name: 'no retries while the failure ratio of a client is above a tenth',
    missing: 'a breaker of retries alone: ours refuses calls',
  },
  {
    id: 'R4',
    name: 'backoff of serial clients',
    missing: 'a closed form: the reference tells too little of its clients',
  },
  { id: 'G4', name: '10,000 clients reconnect with jitter', missing: 'a count of reconnections over time' },
]

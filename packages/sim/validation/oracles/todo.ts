import type { TodoOracle } from './oracle.ts'

/** Oracles that cannot be asked, and why. They are printed, never written. */
export const todo: readonly TodoOracle[] = [
  { id: 'T6', name: 'tails of BigTable and of tied requests', missing: 'their traces, which were not published' },
  {
    id: 'R1 rest',
    name: 'contention: 50 and 100 clients without jitter, 100 with decorrelated',
    missing: 'more than 20 attempts of one policy, which they take',
  },
  {
    id: 'M4b',
    name: 'a sharp threshold in magnitude, length and load',
    missing: 'a number: it is told; M2 has its shape',
  },
  {
    id: 'L13 p=0.1',
    name: 'a host that fails one call in ten: 111,110 calls until it is ejected',
    missing: 'nothing, but it takes a thousand times as long (L13 success)',
  },
  { id: 'S1', name: 'in unlike processes', missing: 'nothing: a test of two processes (S1 here is of one)' },
  { id: 'S5', name: 'parity with production', missing: 'nothing: a test of the two side by side' },
]

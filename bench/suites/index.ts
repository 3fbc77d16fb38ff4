import type { Suite } from '../row.ts'
import { client } from './client.ts'
import { failing } from './failing.ts'
import { grpcWire } from './grpc-wire.ts'
import { peers } from './peers.ts'
import { picks } from './picks.ts'
import { policies } from './policies.ts'
import { refusals } from './refusals.ts'
import { runtime } from './runtime.ts'
import { signals } from './signals.ts'
import { simulation } from './simulation.ts'
import { stacked } from './stacked.ts'
import { wire } from './wire.ts'
import { worlds } from './worlds.ts'

export const SUITES: readonly Suite[] = [
  ...[stacked, signals, policies, failing, refusals, client, picks, peers, runtime, simulation, worlds, wire, grpcWire],
]

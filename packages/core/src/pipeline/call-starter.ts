import type { CallRequest, Cancel, StartOptions } from '../call/call.ts'
import type { CallSink } from '../call/call-sink.ts'

/** Starts governed calls without promises: the face of a runtime which clients, adapters and the simulator drive. */
export interface CallStarter {
  start(service: string, request: CallRequest, options: StartOptions, sink: CallSink): Cancel
  /** Names a call: no other of this runtime has the number. */
  nextCallNumber(): number
}

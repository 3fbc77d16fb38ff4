import type { EventSink } from '../telemetry/events.ts'
import type { Admission } from './admission.ts'

/** The server side of a transport: puts admission, health and drain in front of a server people already have. */
export interface ServerAdapter {
  readonly protocol: string
  /** `server` is the protocol's own (a node:http Server); what it is not is a ConfigError of the adapter. */
  attach(server: unknown, host: ServerHost): AttachedServer
  /**
   * The same for who brings no server: what stands in front of a framework's handlers (`middleware`, `fastify`). The server
   * is told of later.
   */
  face?(name: string, host: ServerHost): { readonly face: unknown; readonly server: AttachedServer }
}

/** What the adapter asks of the runtime for each inbound request and probe. */
export interface ServerHost {
  readonly admission: Admission
  /** False while starting and from the beginning of the drain: `/readyz`. */
  readonly isReady: boolean
  /** The service that is served, for events. */
  readonly service?: string
  /** Where they are told; absent, the adapter's own. */
  readonly events?: EventSink
  /** A server that listens by itself does so now. */
  announce?(server: unknown): void
  /** Not ready, deregister, spread, finish, close; resolves when closed. */
  drain?(): Promise<void>
}

export interface AttachedServer {
  /** What it is announced as, where that is not the adapter's protocol: `https`. */
  readonly protocol?: string | undefined
  /** Takes a server that listens by itself; answers where. What it is not is a ConfigError of the adapter. */
  adopt?(server: unknown): Listening
  /** Begins to listen; `told` gets the address or the error. */
  listen(options: { readonly host?: string; readonly port: number }, told: (result: Listening | Error) => void): void
  /** `host.isReady` has changed: for who keeps others told of it, as `grpc.health.v1` does. */
  onReadiness?(): void
  /** Finishes what is in flight until `graceMs` have passed, then closes by force. */
  close(graceMs: number, done: () => void): void
}

export interface Listening {
  readonly host: string
  readonly port: number
}

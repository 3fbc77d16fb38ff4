// A registry that can be broken: its real servers, the wire between it and the client, and an operator's hands on it that
// use nothing of ours.
import type { ContainerModule } from 'inversify'
import type { RealServer, TcpProxy } from '../../../../tools/real-servers/index.ts'

export interface Site extends AsyncDisposable {
  readonly servers: readonly RealServer[]
  /** Between the client and the registry where there is one server; with three they are reached without it. */
  readonly wire: TcpProxy
  /** How the client reaches it. */
  readonly forClient: ContainerModule
  /** How instances do: never through the wire. */
  readonly forInstances: ContainerModule
  leader(): Promise<RealServer>
  /** Those that may be killed while the registry is still there for who asks it: Consul is asked at one agent only. */
  readonly expendable: readonly RealServer[]
  /** Resolves when the registry takes a write. */
  writable(): Promise<void>
  /** The ids that the registry lists, as an operator reads them. */
  listed(service: string): Promise<readonly string[]>
  /** Takes away what keeps these instances in the registry. */
  loseLeases(service: string, ids: readonly string[]): Promise<void>
  /** Forgets the history of changes. Only where there is one. */
  compact?(): Promise<void>
}

/** Asks an HTTP API; throws where it refuses or is silent for a second. */
export async function ask(url: string, method: string, body?: unknown): Promise<unknown> {
  const response = await fetch(url, {
    method,
    signal: AbortSignal.timeout(1000),
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text}`)
  return text === '' ? undefined : JSON.parse(text)
}

import { Metadata } from '@grpc/grpc-js'
import type { EtcdConnection } from './etcd-connection.ts'
import { isAuthOff } from './etcd-error.ts'
import { AUTHENTICATE } from './etcd-methods.ts'
import type { ResolvedEtcdOptions } from './etcd-options.ts'

/**
 * What is sent along with each question: that only a member with a leader may answer it, and the token where etcd wants
 * one. A token is asked for once for all who wait for it, and anew when etcd has refused it; etcd's tokens are known to
 * all members, and to none after a restart.
 */
export class EtcdLogin {
  readonly #auth: ResolvedEtcdOptions['auth']
  #metadata: Promise<Metadata> | undefined = undefined

  constructor(auth: ResolvedEtcdOptions['auth']) {
    this.#auth = auth
  }

  get isNeeded(): boolean {
    return this.#auth !== undefined
  }

  metadata(connection: EtcdConnection, timeoutMs: number): Promise<Metadata> {
    if (this.#metadata !== undefined) return this.#metadata
    const metadata = this.#login(connection, timeoutMs)
    this.#metadata = metadata
    metadata.catch(() => this.forget(metadata))
    return metadata
  }

  /** The token was refused. Of several that are told so with one token only the first makes for a new one. */
  forget(refused: Promise<Metadata>): void {
    if (this.#metadata === refused) this.#metadata = undefined
  }

  async #login(connection: EtcdConnection, timeoutMs: number): Promise<Metadata> {
    const metadata = new Metadata()
    metadata.set('hasleader', 'true')
    if (this.#auth === undefined) return metadata
    try {
      const { user: name, password } = this.#auth
      const { token } = await connection.ask(AUTHENTICATE, { name, password }, metadata.clone(), timeoutMs)
      metadata.set('token', token)
    } catch (error) {
      if (!isAuthOff(error)) throw error
    }
    return metadata
  }
}

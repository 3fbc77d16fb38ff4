import type * as net from 'node:net'
import type { FastifyPlugin } from './fastify-plugin.ts'
import type { Middleware } from './middleware.ts'

/** What this package adds to the types of the core: without it in the program, they are not there. */
declare module '@seakeep/core' {
  interface CallRequest {
    /**
     * The answer is handed out at its head, its body a Readable that goes on from there: the call is committed, and
     * nothing is retried after it. An answer with a status of 400 or more is read as a whole all the same.
     */
    readonly stream?: boolean | undefined
  }

  interface Runtime {
    /**
     * `fetch`, governed: a host known to discovery is balanced (`http://payments/charges`), any other resolves as usual,
     * each under the policy for its name (host globs: `*.example.com`, `localhost:80*`). The last Response is returned,
     * whatever its status. Tried again is what is idempotent by its method or an Idempotency-Key header, with a body that
     * can be sent again. The headers `seakeep-key` and `seakeep-priority` give the call its key and its priority.
     *
     * Rejects with RejectedError, DeadlineExceededError or ConfigError for what they stand for, with the reason of its
     * signal where that was aborted, and with a TypeError where the network fails, as `fetch` does; its cause is the
     * AttemptError.
     */
    readonly fetch: typeof globalThis.fetch
  }

  interface ServedInstance {
    /**
     * Puts admission, `/livez`, `/readyz` and drain in front of the listeners of a node:http (or node:https, node:http2) server,
     * also of those that are added later.
     *
     * @throws ConfigError where it is no such server, or where the module `http()` is not loaded.
     */
    http(server: net.Server): this

    /**
     * The same as one function `(req, res, next)`, for applications that make their server themselves: Express, Connect,
     * node:http. Tell of the server when it listens: `served.announce(server)`.
     *
     * @throws ConfigError where the module `http()` is not loaded.
     */
    middleware(): Middleware

    /**
     * The same as a plugin for fastify 5: `app.register(served.fastify())`. Announced when the application listens, drained
     * before it closes.
     *
     * @throws ConfigError where the module `http()` is not loaded.
     */
    fastify(): FastifyPlugin
  }
}

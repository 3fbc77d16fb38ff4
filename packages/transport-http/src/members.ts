import type * as net from 'node:net'

/** What this package adds to the types of the core: without it in the program, they are not there. */
declare module '@seakeep/core' {
  interface CallRequest {
    /**
     * The answer is handed out at its head, its body a Readable that goes on from there: the call is committed, and
     * nothing is retried after it. An answer with a status of 400 or more is read as a whole all the same.
     */
    readonly stream?: boolean | undefined
  }

  interface ServedInstance {
    /**
     * Puts admission, `/livez`, `/readyz` and drain in front of the listeners of a node:http (or node:https) server,
     * also of those that are added later.
     *
     * @throws ConfigError where it is no such server, or where the module `http()` is not loaded.
     */
    http(server: net.Server): this
  }
}

import type { Server } from '@grpc/grpc-js'

/** What this package adds to the types of the core: without it in the program, they are not there. */
declare module '@seakeep/core' {
  interface CallRequest {
    /**
     * The answer is handed out at its beginning, its body an async iterable that goes on from there: the call is
     * committed, and nothing is retried after it. Methods that a codec knows to stream their answer do so by themselves.
     */
    readonly stream?: boolean | undefined
  }

  interface ServedInstance {
    /**
     * Puts admission, `grpc.health.v1` and drain in front of the handlers of a grpc-js server, also of those that are
     * added later. The server is bound by `listen`, not by its own `bindAsync`.
     *
     * @throws ConfigError where it is no such server, or where the module `grpc()` is not loaded.
     */
    grpc(server: Server): this
  }
}

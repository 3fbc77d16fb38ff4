// The servers of the suite grpc-wire: three of plain grpc-js in one process, which answer with what they are sent.
import { Server, ServerCredentials } from '@grpc/grpc-js'

const same = <T>(bytes: T): T => bytes
const ports: number[] = []
for (let i = 0; i < 3; i++) {
  const server = new Server()
  server.register(
    '/bench.Echo/Answer',
    ((call: { readonly request: Buffer }, done: (error: null, answer: Buffer) => void) =>
      done(null, call.request)) as never,
    same,
    same,
    'unary',
  )
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, at) =>
      error === null ? resolve(at) : reject(error),
    )
  })
  ports.push(port)
}
process.on('disconnect', () => process.exit())
process.send?.(ports)

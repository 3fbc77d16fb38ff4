import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'

let server: Server
let proxy: TcpProxy
let served: Socket[]
let clients: Socket[]

/** Answers every chunk with itself, and an end with `bye`. */
beforeEach(async () => {
  served = []
  clients = []
  server = createServer({ allowHalfOpen: true }, (socket) => {
    served.push(socket)
    socket.on('data', (chunk) => socket.write(chunk))
    socket.on('end', () => socket.end('bye'))
    socket.on('error', () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  proxy = await startTcpProxy({ host: '127.0.0.1', port: (server.address() as AddressInfo).port })
})

afterEach(async () => {
  await proxy[Symbol.asyncDispose]()
  for (const socket of [...clients, ...served]) socket.destroy()
  server.close()
})

async function open(): Promise<Socket> {
  const socket = connect({ host: proxy.host, port: proxy.port, allowHalfOpen: true })
  clients.push(socket)
  await once(socket, 'connect')
  return socket
}

async function echo(socket: Socket, text: string): Promise<string> {
  socket.write(text)
  const [chunk] = await once(socket, 'data')
  return String(chunk)
}

async function codeOf(socket: Socket): Promise<string> {
  const [error] = await once(socket, 'error')
  return (error as NodeJS.ErrnoException).code ?? ''
}

test('forwards both ways, and an end without closing the other half', async () => {
  const socket = await open()
  expect(await echo(socket, 'hello')).toBe('hello')
  expect(proxy.connections).toBe(1)
  expect(proxy.address).toBe(`127.0.0.1:${proxy.port}`)
  socket.end()
  const [chunk] = await once(socket, 'data')
  expect(String(chunk)).toBe('bye')
  await vi.waitFor(() => expect(proxy.connections).toBe(0))
})

test('cut resets what is open on both sides and serves what comes', async () => {
  const socket = await open()
  await echo(socket, 'a')
  const serverSide = codeOf(served[0] as Socket)
  const clientSide = codeOf(socket)
  proxy.cut()
  expect(await clientSide).toBe('ECONNRESET')
  expect(await serverSide).toBe('ECONNRESET')
  expect(proxy.connections).toBe(0)
  expect(await echo(await open(), 'b')).toBe('b')
})

test('refuse resets what is open and refuses until heal, which serves on the same port', async () => {
  const socket = await open()
  const { port } = proxy
  const reset = codeOf(socket)
  proxy.refuse()
  expect(await reset).toBe('ECONNRESET')
  const late = connect({ host: proxy.host, port })
  expect(await codeOf(late)).toBe('ECONNREFUSED')
  proxy.heal()
  await vi.waitFor(async () => expect(await echo(await open(), 'b')).toBe('b'))
  expect(proxy.port).toBe(port)
})

test('refused again before it listened, it stays refused', async () => {
  proxy.refuse()
  proxy.heal()
  proxy.refuse()
  const late = connect({ host: proxy.host, port: proxy.port })
  expect(await codeOf(late)).toBe('ECONNREFUSED')
})

test('swallow accepts and forwards nothing, in neither direction, until heal resets what hung', async () => {
  const early = await open()
  await echo(early, 'a')
  proxy.swallow()
  const late = await open()
  const heard: string[] = []
  for (const socket of [early, late]) socket.on('data', (chunk) => heard.push(String(chunk)))
  served[0]?.removeAllListeners('data')
  served[0]?.on('data', (chunk) => heard.push(`server: ${chunk}`))
  early.write('b')
  late.write('c')
  served[0]?.write('d')
  // A round trip past the proxy: what it would forward has had its turn.
  const { port } = server.address() as AddressInfo
  for (let trip = 0; trip < 5; trip++) {
    const straight = connect({ host: '127.0.0.1', port })
    clients.push(straight)
    expect(await echo(straight, 'x')).toBe('x')
  }
  expect(heard).toEqual([])
  expect(proxy.connections).toBe(2)
  const resets = Promise.all([codeOf(early), codeOf(late)])
  proxy.heal()
  expect(await resets).toEqual(['ECONNRESET', 'ECONNRESET'])
  expect(await echo(await open(), 'e')).toBe('e')
})

test('from refusing to swallowing it accepts again', async () => {
  proxy.refuse()
  proxy.swallow()
  let client: Socket | undefined
  await vi.waitFor(async () => {
    client = await open()
  })
  expect(served).toEqual([])
  const reset = codeOf(client as Socket)
  proxy.heal()
  expect(await reset).toBe('ECONNRESET')
})

test('a client that gives up in a black hole is gone for the proxy, not for the server', async () => {
  const socket = await open()
  await echo(socket, 'a')
  proxy.swallow()
  let ended = false
  served[0]?.on('end', () => {
    ended = true
  })
  socket.destroy()
  await vi.waitFor(() => expect(proxy.connections).toBe(0))
  expect(ended).toBe(false)
  const reset = codeOf(served[0] as Socket)
  proxy.heal()
  expect(await reset).toBe('ECONNRESET')
})

test('a server that is down resets', async () => {
  server.close()
  const socket = await open()
  expect(await codeOf(socket)).toBe('ECONNRESET')
  await vi.waitFor(() => expect(proxy.connections).toBe(0))
})

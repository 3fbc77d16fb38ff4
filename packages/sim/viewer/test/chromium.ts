/**
 * A headless Chromium for the page's tests, spoken to by its own debugging protocol: no library stands between, so that a
 * clean clone installs none. `SEAKEEP_CHROMIUM` names the program; else what Debian and others call it is looked for.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const ARGUMENTS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync', '--hide-scrollbars', '--remote-debugging-port=0'],
]

export function findChromium(): string | undefined {
  const given = process.env.SEAKEEP_CHROMIUM
  if (given !== undefined && given !== '') return given
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  return folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find((file) => existsSync(file))
}

type Json = Record<string, unknown>

export class Chromium {
  readonly #process: ChildProcess
  readonly #profile: string
  readonly #socket: WebSocket
  readonly #waiting: Map<number, { resolve(result: Json): void; reject(error: Error): void }> = new Map()
  readonly #tabs: Map<string, Tab> = new Map()
  #asked = 0

  private constructor(program: ChildProcess, profile: string, socket: WebSocket) {
    this.#process = program
    this.#profile = profile
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => this.#heard(JSON.parse(String(data)) as Json))
  }

  static async start(file: string): Promise<Chromium> {
    const profile = mkdtempSync(join(tmpdir(), 'seakeep-chromium-'))
    const program = spawn(file, [...ARGUMENTS, `--user-data-dir=${profile}`, 'about:blank'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const address = await addressOf(program)
    const socket = new WebSocket(address)
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve, { once: true })
      socket.addEventListener('error', () => reject(new Error(`${file} does not speak at ${address}`)), { once: true })
    })
    return new Chromium(program, profile, socket)
  }

  async open(width: number, height: number, options: { readonly isDark?: boolean } = {}): Promise<Tab> {
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' })
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true })
    const tab = new Tab(this, String(sessionId))
    this.#tabs.set(String(sessionId), tab)
    for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await tab.send(`${domain}.enable`)
    await tab.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: width < 600 })
    const features = [{ name: 'prefers-color-scheme', value: options.isDark === true ? 'dark' : 'light' }]
    await tab.send('Emulation.setEmulatedMedia', { features })
    return tab
  }

  send(method: string, params: Json = {}, sessionId?: string): Promise<Json> {
    this.#asked += 1
    const id = this.#asked
    this.#socket.send(JSON.stringify({ id, method, params, sessionId }))
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve))
    this.#socket.close()
    this.#process.kill('SIGKILL')
    await ended
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }

  #heard({ id, result, error, method, params, sessionId }: Json): void {
    if (typeof id === 'number') {
      const waiting = this.#waiting.get(id)
      this.#waiting.delete(id)
      if (error === undefined) waiting?.resolve((result ?? {}) as Json)
      else waiting?.reject(new Error(JSON.stringify(error)))
    } else this.#tabs.get(String(sessionId))?.heard(String(method), params as Json)
  }
}

export class Tab {
  /** What the page complained of: exceptions, console errors, the browser's own. */
  readonly complaints: string[] = []
  /** Everything it asked for. */
  readonly requests: string[] = []
  readonly #browser: Chromium
  readonly #session: string
  #loaded: () => void = () => {}

  constructor(browser: Chromium, session: string) {
    this.#browser = browser
    this.#session = session
  }

  send(method: string, params: Json = {}): Promise<Json> {
    return this.#browser.send(method, params, this.#session)
  }

  async goto(url: string): Promise<void> {
    const loaded = new Promise<void>((resolve) => {
      this.#loaded = resolve
    })
    await this.send('Page.navigate', { url })
    await loaded
    await this.settled()
  }

  /** The value of an expression in the page. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', {
      expression,
      returnByValue: true,
      awaitPromise: true,
    })
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails))
    return (result as { value: T }).value
  }

  /** Two frames on: what was asked for is drawn. */
  async settled(): Promise<void> {
    await this.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))')
  }

  text(selector: string): Promise<string> {
    return this.evaluate(`document.querySelector(${JSON.stringify(selector)})?.innerText ?? ''`)
  }

  count(selector: string): Promise<number> {
    return this.evaluate(`document.querySelectorAll(${JSON.stringify(selector)}).length`)
  }

  async press(key: string, options: { readonly shift?: boolean } = {}): Promise<void> {
    const event = {
      key,
      code: key === ' ' ? 'Space' : key,
      modifiers: options.shift === true ? 8 : 0,
      ...(key.length === 1 ? { text: key } : {}),
    }
    await this.send('Input.dispatchKeyEvent', { type: 'keyDown', ...event })
    await this.send('Input.dispatchKeyEvent', { type: 'keyUp', ...event })
    await this.settled()
  }

  async type(text: string): Promise<void> {
    await this.send('Input.insertText', { text })
    await this.settled()
  }

  /** Presses at one place of an element, given as shares of its size, and lets go at another. */
  async drag(selector: string, from: readonly [number, number], to: readonly [number, number] = from): Promise<void> {
    const { x, y, width, height } = await this.evaluate<{ x: number; y: number; width: number; height: number }>(
      `(() => { const e = document.querySelector(${JSON.stringify(selector)}); e.scrollIntoView({ block: 'center' }); const { x, y, width, height } = e.getBoundingClientRect(); return { x, y, width, height } })()`,
    )
    const at = ([across, down]: readonly [number, number]): Json => ({ x: x + across * width, y: y + down * height })
    const button = { button: 'left', buttons: 1, clickCount: 1 }
    await this.send('Input.dispatchMouseEvent', { type: 'mouseMoved', ...at(from) })
    await this.send('Input.dispatchMouseEvent', { type: 'mousePressed', ...at(from), ...button })
    if (from !== to) {
      await this.send('Input.dispatchMouseEvent', {
        type: 'mouseMoved',
        ...at([(from[0] + to[0]) / 2, from[1]]),
        ...button,
      })
      await this.send('Input.dispatchMouseEvent', { type: 'mouseMoved', ...at(to), ...button })
    }
    await this.send('Input.dispatchMouseEvent', { type: 'mouseReleased', ...at(to), ...button, buttons: 0 })
    await this.settled()
  }

  click(selector: string): Promise<void> {
    return this.drag(selector, [0.5, 0.5])
  }

  /** A PNG of what is seen, or of the whole page. */
  async picture(options: { readonly isWhole?: boolean; readonly scale?: number } = {}): Promise<Buffer> {
    const { data } = await this.send('Page.captureScreenshot', {
      format: 'png',
      captureBeyondViewport: options.isWhole === true,
      ...(options.isWhole === true ? { clip: await this.#whole() } : {}),
    })
    return Buffer.from(String(data), 'base64')
  }

  heard(method: string, params: Json): void {
    if (method === 'Page.loadEventFired') this.#loaded()
    if (method === 'Network.requestWillBeSent') this.requests.push((params.request as { url: string }).url)
    if (method === 'Runtime.exceptionThrown') this.complaints.push(JSON.stringify(params.exceptionDetails))
    if (method === 'Runtime.consoleAPICalled' && params.type !== 'log')
      this.complaints.push(JSON.stringify(params.args))
    if (method === 'Log.entryAdded') this.complaints.push(JSON.stringify(params.entry))
  }

  async #whole(): Promise<Json> {
    const { cssContentSize } = await this.send('Page.getLayoutMetrics')
    const { width, height } = cssContentSize as { width: number; height: number }
    return { x: 0, y: 0, width, height, scale: 1 }
  }
}

function addressOf(program: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    program.stderr?.on('data', (data: Buffer) => {
      said += data.toString()
      const [, address] = /DevTools listening on (ws:\S+)/.exec(said) ?? []
      if (address !== undefined) resolve(address)
    })
    program.once('error', reject)
    program.once('exit', (code) => reject(new Error(`Chromium ended with ${code}: ${said}`)))
  })
}

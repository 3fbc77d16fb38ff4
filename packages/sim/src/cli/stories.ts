/**
 * What `demo` tells: a story for each policy, in which its defaults can be seen against other choices. A side is a row of
 * the table: `seakeep` has the policies that stand in the scenario, `bare` has none, one that is `set` has them and other
 * values of the scenario, any other has a document of its own.
 * Figures stand at the head of each scenario and in docs/scenarios.md; `test/stories.test.ts` holds them to it.
 */
export interface Story {
  readonly name: string
  readonly about: string
  readonly story: readonly string[]
  readonly workload: string
  readonly edge: string
  /** Label by id, in the order of the rows; a label of more than 16 characters would shift its row. */
  readonly sides: Readonly<Record<string, string | SetSide>>
  /** The sides that do not hold what the scenario asks; all others do. */
  readonly fails: readonly string[]
}

/** A side that differs in what no policy says. */
export interface SetSide {
  readonly label: string
  /** As `--set` takes them. */
  readonly set: readonly string[]
}

export interface StoryGroup {
  readonly title: string
  readonly stories: readonly Story[]
}

export const STORY_GROUPS: readonly StoryGroup[] = [
  {
    title: 'A shop',
    stories: [
      {
        name: 'online-boutique',
        about: 'a shop of eleven services through a crash and a slow database: bare, naive retries, governed',
        story: [
          "Google's Online Boutique at 300 pages a second. First an instance of the currency service",
          "crashes, then the catalogue's database takes three times as long for ten seconds. Same arrivals,",
          'same faults; only how the callers call differs.',
        ],
        workload: 'frontend',
        edge: 'frontend>catalog',
        sides: { bare: 'bare calls', naive: 'naive retries', governed: 'seakeep' },
        fails: ['bare', 'naive'],
      },
    ],
  },
  {
    title: 'Retries, budgets, hedges, deadlines',
    stories: [
      {
        name: 'retry-storm',
        about: 'retry budget: a network holds everything for 5 s, and retries without a budget outlive it',
        story: [
          'A database of 300 a second, asked 200 times a second, three attempts of a second each. For five',
          'seconds no packet arrives, then all of them do.',
        ],
        workload: 'db',
        edge: 'client>db',
        sides: {
          'no-budget': 'no budget',
          seakeep: 'budget of 20 %',
          breaker: 'and a breaker',
          'no-retries': 'no retries',
          'short-line': { label: 'a line of 250', set: ['topology.db.queue=250'] },
        },
        fails: ['no-budget'],
      },
      {
        name: 'layered-retries',
        about: 'chain-stop and budget: three tiers that all retry, above a disk that fails for 10 s',
        story: [
          'Each of three tiers makes three attempts, which is 27 where everything fails. The database has to work',
          'for each of them. The disk behind it fails for ten seconds.',
        ],
        workload: 'gateway',
        edge: 'stock>db',
        sides: {
          'every-tier': 'no bounds',
          'chain-stop': 'chain-stop only',
          seakeep: 'and budgets',
          bare: 'no retries',
        },
        fails: ['every-tier', 'chain-stop'],
      },
      {
        name: 'blip',
        about: 'backoff: the only instance is away for 400 ms, three times; which jitter bridges it',
        story: [
          'Three attempts each. Decorrelated jitter waits longer, and less alike, than the others before the third.',
        ],
        workload: 'session',
        edge: 'client>session',
        sides: { bare: 'no retries', none: 'no jitter', full: 'full jitter', seakeep: 'decorrelated' },
        fails: ['bare', 'none', 'full'],
      },
      {
        name: 'crashed-instance',
        about: 'retry: one instance of four is dead, and the registry does not know for 15 s',
        story: ['A retry goes to another endpoint, and the balancer avoids the one that has just failed.'],
        workload: 'orders',
        edge: 'client>orders',
        sides: { bare: 'no retries', 'round-robin': 'rr, retries', seakeep: 'p2c-ewma, too' },
        fails: ['bare', 'round-robin'],
      },
      {
        name: 'slow-dependency',
        about: 'timeout: one page of five waits for a service that takes 10 s, and all workers end up there',
        story: ['There is no default timeout, since nobody but you knows how long an answer is worth waiting for.'],
        workload: 'shop',
        edge: 'shop>quotes',
        sides: {
          'no-timeout': 'no timeout',
          'long-timeout': 'timeout of 5 s',
          seakeep: 'of 500 ms',
          bulkhead: 'none, 8 at once',
          breaker: 'and a breaker',
        },
        fails: ['no-timeout', 'long-timeout'],
      },
      {
        name: 'tail',
        about: 'hedge: two answers of a hundred come half a second late; copies at the live p95, at most 5 % more',
        story: ['Servers are 56 % busy and finish what nobody waits for any more.'],
        workload: 'search',
        edge: 'client>search',
        sides: { bare: 'no hedge', eager: 'after 5ms, all', seakeep: 'at p95, 5 %' },
        fails: ['bare', 'eager'],
      },
    ],
  },
  {
    title: 'Breakers and outliers',
    stories: [
      {
        name: 'dead-dependency',
        about: 'circuit breaker: an optional call hangs for 25 s and takes the workers with it',
        story: [
          'The shop can do without its recommendations, but not without its workers, who wait for them 800 ms each.',
        ],
        workload: 'shop',
        edge: 'shop>recommend',
        sides: { 'no-breaker': 'no breaker', seakeep: 'breaker', consecutive: 'or 10 in a row' },
        fails: ['no-breaker'],
      },
      {
        name: 'cold-restart',
        about: 'ramp of the breaker: a database comes back four times as slow for its first 5 s',
        story: ['Down for eight seconds, then cold. A breaker that closes at once lets everybody in, and opens again.'],
        workload: 'db',
        edge: 'client>db',
        sides: { 'no-breaker': 'no breaker', 'no-ramp': 'no ramp', seakeep: 'ramp of 5 s' },
        fails: ['no-breaker', 'no-ramp'],
      },
      {
        name: 'dead-instance',
        about: 'circuit breaker per endpoint: one instance of five fails all it is asked',
        story: [
          'Round-robin, so that the breaker alone has to find it. A fifth of the calls fail: not half, but over 10 %.',
        ],
        workload: 'accounts',
        edge: 'client>accounts',
        sides: { bare: 'no breaker', 'service-wide': 'service, at 10 %', seakeep: 'both, at 50 %' },
        fails: ['bare', 'service-wide'],
      },
      {
        name: 'gray-instance',
        about: 'outlier detection: one instance of ten fails one call in ten, hardly ever five in a row',
        story: [
          'Whoever counts failures in a row sees nothing; whoever compares rates does, and so does the balancer.',
        ],
        workload: 'orders',
        edge: 'client>orders',
        sides: {
          bare: 'nothing',
          consecutive: 'rr, 5 in a row',
          'success-rate': 'rr, and rates',
          seakeep: 'p2c-ewma, too',
        },
        fails: ['bare', 'consecutive'],
      },
      {
        name: 'small-cluster',
        about: 'outlier detection: of three instances one is dead, and 10 % of three is none',
        story: ['Round-robin, so that the detector alone has to find it.'],
        workload: 'orders',
        edge: 'client>orders',
        sides: { bare: 'nothing', 'rounded-down': '10 %, rounded', seakeep: 'one at least' },
        fails: ['bare', 'rounded-down'],
      },
    ],
  },
  {
    title: 'Balancing and health',
    stories: [
      {
        name: 'black-hole',
        about: 'balancer: one instance of ten fails at once, so it always looks idle and fast',
        story: ['Nothing but the balancer is on. p2c-ewma takes a failure for what it is: not a fast answer.'],
        workload: 'stock',
        edge: 'client>stock',
        sides: { bare: 'round-robin', random: 'random', seakeep: 'p2c-ewma' },
        fails: ['bare', 'random'],
      },
      {
        name: 'uneven-fleet',
        about: 'balancer: five old servers that are half as fast as the five new ones, at 80 % load',
        story: ['Nobody has told the weights.'],
        workload: 'search',
        edge: 'client>search',
        sides: { bare: 'round-robin', p2c: 'p2c', seakeep: 'p2c-ewma' },
        fails: ['bare'],
      },
      {
        name: 'zone-outage',
        about: 'overprovisioning: half of the near instances fail, and others stand by',
        story: ['Three of six near instances fail their checks for 40 s. Six far ones stand by.'],
        workload: 'orders',
        edge: 'client>orders',
        sides: { never: 'factor 10', 'at-once': 'factor 1', seakeep: 'factor 1.4' },
        fails: ['never'],
      },
      {
        name: 'panic',
        about: 'panic threshold: seven of ten instances are ejected for two bad seconds',
        story: ['They answer again long before their 30 s are over. Half of the fleet is needed to carry the load.'],
        workload: 'orders',
        edge: 'client>orders',
        sides: { 'no-panic': 'never panics', seakeep: 'panics at 50 %', 'ten-percent': 'ejects only 10 %' },
        fails: ['no-panic'],
      },
      {
        name: 'cold-deploy',
        about: 'slow start and drain: a rolling deploy of instances that begin five times as slow',
        story: ['Weighted round-robin gives it its share at once, unless it starts slowly. p2c-ewma sees for itself.'],
        workload: 'orders',
        edge: 'client>orders',
        sides: {
          'no-slow-start': 'none',
          seakeep: 'slow start',
          ewma: 'p2c-ewma, none',
          killed: { label: 'not drained', set: ['faults.0.deploy.drain=false'] },
        },
        fails: ['no-slow-start', 'killed'],
      },
      {
        name: 'quiet-instance',
        about: 'active health: a broken instance of a service that is called twice a second',
        story: ['Too few calls for statistics; the registry says that all is well.'],
        workload: 'reports',
        edge: 'client>reports',
        sides: { bare: 'round-robin', 'traffic-only': 'p2c-ewma', outlier: 'and outlier', seakeep: 'and checks' },
        fails: ['bare', 'traffic-only'],
      },
    ],
  },
  {
    title: 'Limits',
    stories: [
      {
        name: 'overload',
        about: 'concurrency: twice the capacity for 15 s, and what becomes of those who were there before',
        story: ['100 quotes a second can be had; 80 are always wanted, 200 for 15 s. Users wait 500 ms.'],
        workload: 'steady',
        edge: 'steady>quotes',
        sides: {
          bare: 'no limit',
          'no-line': 'limit, no line',
          seakeep: 'a line of 10',
          codel: 'codel, 1,000',
          lifo: 'lifo, 1,000',
          gradient: 'gradient',
        },
        fails: ['bare', 'no-line'],
      },
      {
        name: 'unknown-capacity',
        about: 'adaptive limit: a server becomes three times as slow, and the right limit with it',
        story: ['At most 81 % can be good here. 60 is the right number, for who knows it beforehand.'],
        workload: 'quotes',
        edge: 'client>quotes',
        sides: { bare: 'no limit', 'fixed-200': 'limit of 200', 'fixed-60': 'limit of 60', seakeep: 'gradient' },
        fails: ['bare', 'fixed-200'],
      },
      {
        name: 'priorities',
        about: 'priorities: half as much again as can be done; the figures are those of the critical calls',
        story: ['240 critical and 360 sheddable calls a second, and 400 can be done.'],
        workload: 'checkout',
        edge: 'checkout>api',
        sides: { bare: 'no limit', fifo: 'limit, fifo', seakeep: 'by priority' },
        fails: ['bare', 'fifo'],
      },
      {
        name: 'noisy-neighbour',
        about: 'rate limit by key: a large tenant and a small one; the figures are those of the small one',
        story: ['The large one asks 500 times a second from 0:10 on, the small one 20 times; 200 can be done.'],
        workload: 'small',
        edge: 'small>api',
        sides: { bare: 'no limit', shared: 'one for all', seakeep: 'one a key' },
        fails: ['bare', 'shared'],
      },
      {
        name: 'refusing-backend',
        about: 'throttle: to refuse is work, too; the figures are those of the steady caller',
        story: ['A caller comes with 1,000 a second where 50 can be done. Refusing one takes a worker 2 ms.'],
        workload: 'steady',
        edge: 'steady>api',
        sides: { bare: 'no throttle', seakeep: 'throttle' },
        fails: ['bare'],
      },
    ],
  },
  {
    title: 'Answers of other calls, versions, zones, keys',
    stories: [
      {
        name: 'cache-stampede',
        about: 'coalesce and cache: each time an answer runs out everybody asks for a new one',
        story: ['200 calls a second for 20 keys, a catalogue of 13 a second.'],
        workload: 'catalog',
        edge: 'client>catalog',
        sides: {
          bare: 'nothing',
          'cache-only': 'cache of 5 s',
          coalesce: 'and coalesce',
          seakeep: 'and stale ones',
        },
        fails: ['bare', 'cache-only'],
      },
      {
        name: 'lost-cache',
        about: 'limit: a cache that answers nine of ten is lost, and the database behind it cannot do without it',
        story: [
          'At 500 reads a second the database of 60 a second is asked 50 times. Then the cache is empty, and',
          'a read that has timed out fills nothing.',
        ],
        workload: 'app',
        edge: 'app>db',
        sides: { bare: 'no timeout', 'no-limit': 'timeout of 1 s', breaker: 'and a breaker', seakeep: 'and a limit' },
        fails: ['bare', 'no-limit', 'breaker'],
      },
      {
        name: 'backend-outage',
        about: 'cache, stale-if-error: nobody answers for 20 s',
        story: ['100 calls a second for 50 keys.'],
        workload: 'prices',
        edge: 'client>prices',
        sides: { bare: 'nothing', 'cache-only': 'cache of 5 s', seakeep: 'stale if error' },
        fails: ['bare', 'cache-only'],
      },
      {
        name: 'canary',
        about: 'split and mirror: a new version fails four calls in ten',
        story: ['Half of the instances have the new version.'],
        workload: 'orders',
        edge: 'client>orders',
        sides: { bare: 'round-robin', 'no-split': 'p2c-ewma', seakeep: 'split 95/5', mirror: 'mirror of 5 %' },
        fails: ['bare', 'no-split'],
      },
      {
        name: 'hot-key',
        about: 'ring hash with bounded load: one key of a thousand makes 13 % of the calls',
        story: ['Twenty shards, half busy altogether.'],
        workload: 'shards',
        edge: 'client>shards',
        sides: { unbounded: 'ring-hash', seakeep: 'bounded at 1.25', bare: 'rr, no keys' },
        fails: ['unbounded'],
      },
      {
        name: 'zones',
        about: 'zone awareness: the own zone dies; the figures are those of the callers in it',
        story: [
          'Who stays in the own zone needs somebody to tell that it is dead before the registry does, 15 s later.',
        ],
        workload: 'inside',
        edge: 'inside>orders',
        sides: {
          'no-outlier': 'nobody tells',
          'ten-percent': 'ejects 10 %',
          seakeep: 'ejects 50 %',
          blind: 'any zone, 50 %',
        },
        fails: ['no-outlier', 'ten-percent'],
      },
      {
        name: 'registry-outage',
        about: 'discovery: the registry is down for 50 s, and an instance dies meanwhile',
        story: ['What was known last is used on; every instance is registered again when it is back.'],
        workload: 'orders',
        edge: 'client>orders',
        sides: { bare: 'round-robin', seakeep: 'retry, p2c-ewma' },
        fails: ['bare'],
      },
    ],
  },
  {
    title: 'Load that moves, restarts, clocks and lost packets',
    stories: [
      {
        name: 'slow-backend',
        about: 'balancer and hedge: one of eleven takes two seconds for half a minute, and nobody says so',
        story: ['Eleven servers of 167 ms each. Users wait a second.'],
        workload: 'api',
        edge: 'client>api',
        sides: {
          bare: 'round-robin',
          'hedged-rounds': 'and a hedge',
          'least-request': 'least-request',
          ewma: 'p2c-ewma',
          seakeep: 'and a hedge, too',
        },
        fails: ['bare', 'least-request'],
      },
      {
        name: 'fan-out-tail',
        about: 'hedge: a page asks a hundred leaves, and each is slow once in a hundred calls',
        story: ['Ten mixers of ten leaves each; a slow leaf takes a second. Users wait 300 ms.'],
        workload: 'page',
        edge: 'mixer>leaf',
        sides: { bare: 'no hedge', partial: 'without the late', seakeep: 'after 20 ms' },
        fails: ['bare'],
      },
      {
        name: 'sequential-calls',
        about: 'inbound limit: an order asks the stock five times, and half of the orders can be done',
        story: ['Who sheds single calls at the stock wastes those that the same order has made before.'],
        workload: 'order',
        edge: 'order>stock',
        sides: { bare: 'no limit', 'each-call': 'any call', 'by-class': 'by class', seakeep: 'whole orders' },
        fails: ['bare', 'each-call', 'by-class'],
      },
      {
        name: 'autoscaling-lag',
        about: 'inbound limit: the load doubles, and new instances are ready half a minute later',
        story: ['80 calls a second, then 160, where 100 can be done until 200 can be.'],
        workload: 'api',
        edge: 'client>api',
        sides: { bare: 'no limit', lifo: 'newest first', seakeep: 'a short line' },
        fails: ['bare'],
      },
      {
        name: 'sharded-backend',
        about: 'circuit breaker: one shard of three is dead, and whoever counts for all shuts out two good ones',
        story: ['The store asks the shard that has the key. A third of its answers fail.'],
        workload: 'store',
        edge: 'client>store',
        sides: { bare: 'no breaker', 'whole-store': 'one, at 10 %', seakeep: 'one a shard' },
        fails: ['whole-store'],
      },
      {
        name: 'thundering-herd',
        about: 'backoff: a server hangs, is restarted, and everybody comes back at the same instant',
        story: [
          '1,000 users of a server that can do 400 calls a second, and all of them wait when their connections break.',
        ],
        workload: 'api',
        edge: 'client>api',
        sides: { none: 'no jitter', full: 'full jitter', seakeep: 'decorrelated' },
        fails: ['none'],
      },
      {
        name: 'gateway-restart',
        about: 'backoff and drain: gateways that hold sessions are restarted, and each session begins with a handshake',
        story: ['Ten gateways of 30 sessions each, restarted two at a time; a login of 80 handshakes a second.'],
        workload: 'users',
        edge: 'users>gateway',
        sides: {
          'at-once': 'at once',
          seakeep: 'decorrelated',
          drained: { label: 'drained', set: ['faults.0.deploy.drain=true'] },
        },
        fails: ['at-once'],
      },
      {
        name: 'gc-pause',
        about: 'balancer and retry: servers stand still for two seconds, first one, then all',
        story: ['Twenty servers, 60 % busy. Leases of ten seconds outlive a pause, leases of two do not.'],
        workload: 'api',
        edge: 'client>api',
        sides: {
          bare: 'round-robin',
          p2c: 'p2c',
          seakeep: 'p2c-ewma',
          retry: 'and a retry',
          'short-lease': { label: 'leases of 2 s', set: ['registry.ttl=2s', 'registry.heartbeat=600ms'] },
        },
        fails: ['bare', 'retry'],
      },
      {
        name: 'clock-skew',
        about: 'clocks: an hour ahead or behind harms nobody; half as fast ends leases that are renewed too late',
        story: ['Half of the servers have clocks that run at half speed, and the others have wrong ones.'],
        workload: 'orders',
        edge: 'client>orders',
        sides: {
          bare: 'bare calls',
          'late-heartbeat': { label: 'heartbeat 20 s', set: ['registry.heartbeat=20s', 'registry.lapseGrace=0'] },
          seakeep: 'heartbeat 10 s',
        },
        fails: ['late-heartbeat'],
      },
      {
        name: 'one-way-partition',
        about: 'attempt timeout, retry and breaker: one of ten hears everything, and none of its answers arrive',
        story: ['Besides, one message in forty is lost. What is lost tells nobody.'],
        workload: 'orders',
        edge: 'client>orders',
        sides: { timeout: 'a timeout', 'two-attempts': 'and a retry', seakeep: 'and a breaker' },
        fails: ['timeout', 'two-attempts'],
      },
      {
        name: 'registry-partition',
        about: 'discovery: two thirds of the fleet lose the registry, and only the registry',
        story: ['They serve as ever, but their leases run out. One third cannot carry the load.'],
        workload: 'orders',
        edge: 'client>orders',
        sides: {
          believed: { label: 'believed', set: ['registry.maxDropped=1', 'registry.lapseGrace=0'] },
          'half-minute': { label: 'kept for 30 s', set: ['registry.maxDropped=50%', 'registry.dropGrace=30s'] },
          seakeep: 'kept for 2 m',
        },
        fails: ['believed', 'half-minute'],
      },
      {
        name: 'phase-lock',
        about: 'balancer: a configuration push restarts 200 clients, which all go round the same servers',
        story: ['Twenty servers, 90 % busy. Rounds begin at a server that is drawn.'],
        workload: 'web',
        edge: 'web>search',
        sides: { seakeep: 'round-robin', p2c: 'p2c' },
        fails: [],
      },
    ],
  },
]

export const STORIES: readonly Story[] = STORY_GROUPS.flatMap(({ stories }) => stories)

// What an app outside the workspace writes. tools/pack-check/main.ts checks and runs it against the packed tarballs.
import * as core from '@seakeep/core'
import * as spi from '@seakeep/core/spi'
import * as testing from '@seakeep/core/testing'
import * as sim from '@seakeep/sim'
import * as http from '@seakeep/transport-http'

for (const [door, names] of Object.entries({ core, spi, testing, sim, http })) {
  console.log(`  ${door}: ${Object.keys(names).length} exports`)
}

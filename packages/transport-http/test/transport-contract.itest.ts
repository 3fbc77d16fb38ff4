import { transportContract } from '@seakeep/core/testing'
import { describe, expect, it } from 'vitest'
import { httpHarness } from './http-harness.ts'

transportContract({ describe, it, expect }, 'the HTTP transport', httpHarness)

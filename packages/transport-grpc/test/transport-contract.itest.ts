import { transportContract } from '@seakeep/core/testing'
import { describe, expect, it } from 'vitest'
import { grpcHarness } from './grpc-harness.ts'

transportContract({ describe, it, expect }, 'the gRPC transport', grpcHarness)

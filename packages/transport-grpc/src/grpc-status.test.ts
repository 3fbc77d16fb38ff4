import { Metadata, status } from '@grpc/grpc-js'
import { AttemptError, classify, DeadlineExceededError } from '@seakeep/core'
import { expect, it } from 'vitest'
import { grpcStatusOf, httpStatusOf, statusText } from './grpc-status.ts'

const codes = (verdict: string): string[] =>
  Object.values(status)
    .filter((code) => typeof code === 'number')
    .filter((code) => classify({ value: { status: httpStatusOf(code) }, attempt: 1 }) === verdict)
    .map((code) => status[code])

it('each code counts for what the field takes it for', () => {
  expect(codes('failure')).toEqual([
    ...['UNKNOWN', 'DEADLINE_EXCEEDED', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS'],
  ])
  expect(codes('ignored')).toEqual(['RESOURCE_EXHAUSTED'])
  expect(codes('success').length).toBe(10)
  const rejected = codes('success').filter((name) => httpStatusOf(status[name as 'OK']) >= 400)
  expect(rejected).toEqual(codes('success').filter((name) => name !== 'OK'))
})

it('a code that gRPC does not know is UNKNOWN', () => {
  expect(httpStatusOf(17)).toBe(httpStatusOf(status.UNKNOWN))
  expect(statusText({ code: 17, details: 'x' })).toBe('code 17: x')
  expect(statusText({ code: 5, details: '' })).toBe('NOT_FOUND')
})

it('the status of a failed call is found behind its error', () => {
  const cause = { code: status.NOT_FOUND, details: 'no such charge', metadata: new Metadata() }
  expect(grpcStatusOf(new AttemptError('error', { status: 404, cause }))).toBe(cause)
  expect(grpcStatusOf(new AttemptError('error', { cause: new Error('reset') }))).toBe(undefined)
  expect(grpcStatusOf(new DeadlineExceededError())).toBe(undefined)
  expect(grpcStatusOf(cause)).toBe(undefined)
})

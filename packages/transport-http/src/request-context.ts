// The scope is the core's, so that a request served over one protocol is found by edges of another.
export { outsideRequest, type RequestContext, requestContext } from '@seakeep/core'

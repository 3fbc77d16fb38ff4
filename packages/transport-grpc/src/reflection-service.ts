export const REFLECTION_PREFIX = '/grpc.reflection.'

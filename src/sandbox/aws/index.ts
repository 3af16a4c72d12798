// The emulated AWS: STS and IAM on one endpoint, an instance metadata service, and the state both
// speak from.
export { type EmulatedImds, type EmulatedImdsOptions, type ImdsRequest, startEmulatedImds } from './imds.ts';
export {
  type AwsRequest,
  type EmulatedAws,
  type EmulatedAwsOptions,
  type Fault,
  startEmulatedAws,
} from './server.ts';
export {
  type AwsBuilder,
  type AwsRole,
  type AwsState,
  type AwsUser,
  allowing,
  buildAws,
  trusting,
  trustingEc2,
} from './state.ts';

// How an answer at the metadata address says that STS refused the role, and not the proxy: both are a
// 403, because neither ends by asking again. The code is EC2's own for an instance's role that it cannot
// assume: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/troubleshoot-iam-ec2.html

export const STS_REFUSED = 'AssumeRoleUnauthorizedAccess';

/** The daemon's own no to a pod that asks for a role which is not its own: STS was not asked. */
export const OTHER_ROLE = 'OtherRole';

/** What has to be changed for STS to say yes. `undisclosed`: STS does not say which policy it is. */
export type RefusingSide =
  | 'trust-policy'
  | 'node-policy'
  | 'permissions-boundary'
  | 'organisation-policy'
  | 'session-policy'
  | 'endpoint-policy'
  | 'undisclosed'
  | 'session-duration'
  | 'region'
  | 'request';

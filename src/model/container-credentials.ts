// The container credentials endpoint: where SDKs look for it, and which tokens are meant for it.
// Over plain http they accept these two addresses, ECS's and the loopback, and no other.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html

export const CONTAINER_IPV4 = '169.254.170.23';
export const CONTAINER_IPV6 = 'fd00:ec2::23';
export const CONTAINER_PATH = '/v1/credentials';

/** Audience of the tokens, unless the flag names another. */
export const CONTAINER_AUDIENCE = 'pod-iam.dev';

/** Of the tokens that the webhook of EKS Pod Identity projects into pods. */
export const EKS_AUDIENCE = 'pods.eks.amazonaws.com';

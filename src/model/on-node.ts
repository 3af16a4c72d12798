// What pod-iam finds and leaves on a node: named alike by the daemon that makes it, by the manifests that
// give the daemon access to it, and by whatever takes it away.

/** Where SDKs ask for metadata. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html */
export const METADATA_IPV4 = '169.254.169.254';
export const METADATA_IPV6 = 'fd00:ec2::254';

/** Port of the daemon to which requests are led, unless a flag names another. */
export const APP_PORT = '8181';

/** Folder of the key of session tokens and of the report on the redirect. */
export const STATE_DIR = '/run/pod-iam';

/** Where libcni keeps the results of network plugins, for containerd and CRI-O alike. */
export const CNI_RESULTS = '/var/lib/cni/results';

/** Tables of the packet filter, as nft names them: the redirect, and the guard of addresses on bridges. */
export const REDIRECT_TABLE = 'inet pod_iam';
export const BRIDGE_TABLE = 'bridge pod_iam';

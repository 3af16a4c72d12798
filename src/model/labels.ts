// The names and labels by which objects of ours are told from all others.

export const PROXY_NAME = 'pod-iam';
export const CLEANUP_NAME = 'pod-iam-cleanup';
/** Front of the ConfigMaps that hold the daemon; the hash of what they hold follows. */
export const BUNDLE_PREFIX = 'pod-iam-bundle-';
export const NAME_LABEL = 'app.kubernetes.io/name';
export const MANAGED_LABEL = 'app.kubernetes.io/managed-by';
export const VERSION_LABEL = 'app.kubernetes.io/version';
/** Selects the daemon's objects and pods, and not those of the clean-up or of diagnostic pods. */
export const PROXY_SELECTOR = `${NAME_LABEL}=${PROXY_NAME}`;
/** Selects all that pod-iam has made. */
export const MANAGED_SELECTOR = `${MANAGED_LABEL}=pod-iam`;

/** Nothing without this label is ever changed or deleted by pod-iam. */
export const isOurs = (object: { metadata: { labels?: Record<string, string> } }): boolean =>
  object.metadata.labels?.[MANAGED_LABEL] === 'pod-iam';

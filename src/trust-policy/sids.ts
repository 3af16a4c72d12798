// The Sids of the statements that `generate` and `apply` write, by which they know them again.

export const SIDS = {
  proxy: 'PodIamProxy',
  serviceAccount: 'PodIamServiceAccount',
  podIdentity: 'PodIamPodIdentity',
} as const;

/** Where one is taken already, the next has a number behind it. */
export const isOwnSid = (sid: string, ofStatements: readonly string[] = Object.values(SIDS)): boolean =>
  ofStatements.includes(sid.replace(/\d+$/, ''));

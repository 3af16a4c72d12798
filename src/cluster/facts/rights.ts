// What the daemon's service account may do, as the API server itself judges it: RBAC, and whatever else
// authorises there.
import type { DaemonValues } from '../../model/daemon-flags.ts';
import { type Right, rightsNeeded } from '../../model/daemon-rights.ts';
import { type Fact, known, type RightFact, unknownFact } from '../../model/snapshot.ts';
import type { Kube } from '../kube.ts';
import { unreadFact } from './unread.ts';

const from = 'SubjectAccessReviews for the daemon';
/** With one of these it is somebody else to the API server than its service account. */
const OTHER_IDENTITY = ['api-token', 'kubeconfig', 'api-server'];

/** Which of the rights that it needs the daemon has, by its service account. Never throws a Problem. */
export async function gatherRights(
  kube: Kube,
  account: { namespace: string; name: string },
  values: DaemonValues,
): Promise<Fact<RightFact[]>> {
  const other = OTHER_IDENTITY.find((flag) => typeof values[flag] === 'string');
  if (other !== undefined)
    return unknownFact(`by --${other} the daemon is not known as its service account`, from);
  const { namespace, name } = account;
  const somebody = {
    user: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  };
  const ask = async (right: Right): Promise<RightFact> => ({
    ...right,
    isAllowed: await kube.can(right, somebody),
  });
  try {
    return known(await Promise.all(rightsNeeded(values).map(ask)), from);
  } catch (error) {
    return unreadFact(error, from);
  }
}

// Whether the interface that --host-interface names is there. kube2iam refuses to start without it, since
// a rule for an interface that is not there intercepts nothing.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { environmentProblem } from '../../model/problem.ts';

/** @throws Problem NO_INTERFACE for a plain name of an interface that this node does not have */
export function requireInterface(pattern: string | null, node: string, folder = '/sys/class/net'): void {
  // What ends in a plus may be still to come; what is excluded need not be there.
  if (pattern === null || /^!|\+$/.test(pattern)) return;
  if (!existsSync(folder) || existsSync(join(folder, pattern))) return;
  throw environmentProblem({
    code: 'NO_INTERFACE',
    what: `there is no interface ${pattern} on node ${node}`,
    why: 'a rule for it would intercept nothing',
    next: "give the pods' interface on the node as --host-interface, such as cni0, or a pattern, such as cali+ or !eth0",
  });
}

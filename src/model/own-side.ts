// What IAM's simulator said of one call, as the own side of its caller: whether its policies, boundary and
// organisation let it assume a role.
import { type Fact, known, type OwnSide, type SimulatedCall, unknownFact } from './snapshot.ts';

/** @param assume the simulated calls of `caller`, an ARN; @param target ARN of the role to be assumed */
export function ownSideOf(caller: string, assume: Fact<SimulatedCall[]>, target: string): Fact<OwnSide> {
  if (caller === target) return unknownFact('it is the role itself', 'iam:SimulatePrincipalPolicy');
  if (assume.state === 'unknown') return assume;
  const call = assume.value.find(({ resource }) => resource === target);
  return call ? known(sideIn(call), assume.from) : unknownFact('IAM did not answer', assume.from);
}

function sideIn({ decision, boundaryAllows, organisationAllows }: SimulatedCall): OwnSide {
  if (decision === 'allowed') return 'allows';
  const isCut = boundaryAllows === false || organisationAllows === false;
  return decision === 'explicitDeny' || isCut ? 'barred' : 'silent';
}

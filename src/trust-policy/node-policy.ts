// The nodes' own permissions policy: what they may assume, and nothing beside it.
import { parseRoleArn } from '../model/arn.ts';
import { usageProblem } from '../model/problem.ts';
import { documentOf, oneOrMany, renderDocument, type StatementDocument } from './document.ts';

/** The permissions policy that lets the nodes assume exactly these roles. Throws for an empty list. */
export function nodePolicy(roleArns: readonly string[]): string {
  const wrong = roleArns.find((arn) => parseRoleArn(arn) === null);
  if (wrong !== undefined || roleArns.length === 0) {
    throw usageProblem({
      code: 'BAD_ROLE',
      what: wrong === undefined ? 'a node policy needs at least one role' : `"${wrong}" is no role ARN`,
      why: 'a policy that allows sts:AssumeRole on everything would let a node take any role that trusts its account',
      next: 'name each role by its ARN, such as arn:aws:iam::111122223333:role/NAME',
    });
  }
  const statement: StatementDocument = {
    Sid: 'PodIamAssumeRoles',
    Effect: 'Allow',
    Action: 'sts:AssumeRole',
    Resource: oneOrMany([...new Set(roleArns)].sort()),
  };
  return renderDocument(documentOf(statement));
}

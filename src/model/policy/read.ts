// Turns the tree of a JSON document into a policy, and collects all for which IAM would refuse it.
// Reads on after a fault, so that one run names every fault of a document.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
import type { JsonNode } from './json.ts';
import {
  childOf,
  located,
  nameOf,
  type ObjectNode,
  placeOf,
  type Refuse,
  refuseUnknownKeys,
} from './nodes.ts';
import { readStatement } from './read-statement.ts';
import type { Located, Policy, PolicyFault, PolicyKind, Statement } from './types.ts';

const POLICY_KEYS = ['Version', 'Id', 'Statement'];
const VERSIONS = ['2012-10-17', '2008-10-17'];

export interface Reading {
  /** What could be read; statements with a fault are in it as far as they make sense. */
  policy: Policy;
  faults: PolicyFault[];
}

/** Reads a document's tree. */
export function readPolicy(root: JsonNode, kind: PolicyKind): Reading {
  const faults: PolicyFault[] = [];
  const refuse: Refuse = (code, at, message, hint = null) => {
    faults.push({ code, message, hint, ...placeOf(at) });
  };
  const policy: Policy = { kind, version: null, statements: [] };
  if (root.type === 'object') fill(policy, root, refuse);
  else refuse('TP001', root, `the document is ${nameOf(root)}, not an object`);
  return { policy, faults };
}

function fill(policy: Policy, root: ObjectNode, refuse: Refuse): void {
  refuseUnknownKeys(root, POLICY_KEYS, 'a policy', refuse);
  policy.version = readVersion(root, refuse);
  const id = childOf(root, 'Id');
  if (id && id.type !== 'string') refuse('TP001', id, `"Id" is ${nameOf(id)}, not a string`);
  const statement = childOf(root, 'Statement');
  if (!statement) {
    refuse('TP001', root, 'the policy has no "Statement"');
    return;
  }
  const nodes = statement.type === 'array' ? statement.items : [statement];
  if (nodes.length === 0) refuse('TP001', statement, '"Statement" is empty');
  nodes.forEach((node, index) => {
    if (node.type === 'object') policy.statements.push(readStatement(node, index, policy.kind, refuse));
    else refuse('TP001', node, `a statement is ${nameOf(node)}, not an object`);
  });
  refuseEqualSids(policy.statements, refuse);
}

function readVersion(root: ObjectNode, refuse: Refuse): Located | null {
  const node = childOf(root, 'Version');
  if (!node) return null;
  if (node.type === 'string' && VERSIONS.includes(node.value)) return located(node, node.value);
  const shown = node.type === 'string' ? `"${node.value}"` : nameOf(node);
  refuse('TP002', node, `"Version" is ${shown}; IAM knows 2012-10-17 and 2008-10-17`, '2012-10-17');
  return null;
}

function refuseEqualSids(statements: readonly Statement[], refuse: Refuse): void {
  const seen = new Set<string>();
  for (const { sid } of statements) {
    if (!sid || sid.text === '') continue;
    if (seen.has(sid.text)) refuse('TP046', sid, `the Sid "${sid.text}" stands on two statements`);
    seen.add(sid.text);
  }
}

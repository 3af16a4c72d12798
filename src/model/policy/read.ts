// Turns the tree of a JSON document into a policy, and collects all for which IAM would refuse it.
// Reads on after a fault, so that one run names every fault of a document.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
import { nearestName } from '../nearest.ts';
import { TRUST_ACTIONS, trustActionsOf } from './actions.ts';
import type { JsonNode } from './json.ts';
import { readOperator } from './operators.ts';
import { readPrincipal } from './principal.ts';
import type {
  Condition,
  Located,
  Place,
  Policy,
  PolicyFault,
  PolicyKind,
  Principal,
  Statement,
} from './types.ts';

const POLICY_KEYS = ['Version', 'Id', 'Statement'];
const STATEMENT_KEYS = [
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
];
const VERSIONS = ['2012-10-17', '2008-10-17'];
const PRINCIPAL_TYPES = ['AWS', 'Service', 'Federated'];

type ObjectNode = Extract<JsonNode, { type: 'object' }>;

export interface Reading {
  /** What could be read; statements with a fault are in it as far as they make sense. */
  policy: Policy;
  faults: PolicyFault[];
}

/** Reads a document's tree. */
export function readPolicy(root: JsonNode, kind: PolicyKind): Reading {
  const reader = new PolicyReader(kind);
  const policy = reader.read(root);
  return { policy, faults: reader.faults };
}

class PolicyReader {
  readonly faults: PolicyFault[] = [];
  readonly #kind: PolicyKind;

  constructor(kind: PolicyKind) {
    this.#kind = kind;
  }

  read(root: JsonNode): Policy {
    const policy: Policy = { kind: this.#kind, version: null, statements: [] };
    if (root.type !== 'object') {
      this.#fault('TP001', root, `the document is ${nameOf(root)}, not an object`);
      return policy;
    }
    this.#refuseUnknownKeys(root, POLICY_KEYS, 'a policy');
    policy.version = this.#readVersion(root);
    const id = childOf(root, 'Id');
    if (id && id.type !== 'string') this.#fault('TP001', id, `"Id" is ${nameOf(id)}, not a string`);
    const statement = childOf(root, 'Statement');
    if (!statement) {
      this.#fault('TP001', root, 'the policy has no "Statement"');
      return policy;
    }
    const nodes = statement.type === 'array' ? statement.items : [statement];
    if (nodes.length === 0) this.#fault('TP001', statement, '"Statement" is empty');
    nodes.forEach((node, index) => {
      if (node.type !== 'object') this.#fault('TP001', node, `a statement is ${nameOf(node)}, not an object`);
      else policy.statements.push(this.#readStatement(node, index));
    });
    this.#refuseEqualSids(policy.statements);
    return policy;
  }

  #readVersion(root: ObjectNode): Located | null {
    const node = childOf(root, 'Version');
    if (!node) return null;
    if (node.type !== 'string' || !VERSIONS.includes(node.value)) {
      const shown = node.type === 'string' ? `"${node.value}"` : nameOf(node);
      this.#fault('TP002', node, `"Version" is ${shown}; IAM knows 2012-10-17 and 2008-10-17`, '2012-10-17');
      return null;
    }
    return located(node, node.value);
  }

  #readStatement(node: ObjectNode, index: number): Statement {
    this.#refuseUnknownKeys(node, STATEMENT_KEYS, 'a statement');
    const isTrust = this.#kind === 'trust';
    const actions = this.#readEither(node, 'Action', 'NotAction', 'TP024');
    const resources = isTrust ? null : this.#readEither(node, 'Resource', 'NotResource', 'TP001');
    if (isTrust) {
      this.#refuseResource(node);
      for (const action of actions?.texts ?? []) this.#refuseForeignAction(action);
    }
    return {
      ...placeOf(node),
      index,
      sid: this.#readSid(node),
      effect: this.#readEffect(node),
      principals: isTrust ? this.#readPrincipals(node) : this.#refusePrincipal(node),
      actions: actions?.texts ?? [],
      exceptActions: actions?.isExcept ?? false,
      resources: resources?.texts ?? [],
      exceptResources: resources?.isExcept ?? false,
      conditions: this.#readConditions(childOf(node, 'Condition')),
    };
  }

  #readSid(statement: ObjectNode): Located | null {
    const node = childOf(statement, 'Sid');
    if (!node) return null;
    if (node.type !== 'string') {
      this.#fault('TP046', node, `"Sid" is ${nameOf(node)}, not a string`);
      return null;
    }
    if (!/^[A-Za-z0-9]*$/.test(node.value))
      this.#fault(
        'TP046',
        node,
        `the Sid "${node.value}" holds more than letters and digits`,
        node.value.replace(/[^A-Za-z0-9]/g, ''),
      );
    return located(node, node.value);
  }

  #refuseEqualSids(statements: Statement[]): void {
    const seen = new Set<string>();
    for (const { sid } of statements) {
      if (!sid || sid.text === '') continue;
      if (seen.has(sid.text)) this.#fault('TP046', sid, `the Sid "${sid.text}" stands on two statements`);
      seen.add(sid.text);
    }
  }

  #readEffect(statement: ObjectNode): 'Allow' | 'Deny' {
    const node = childOf(statement, 'Effect');
    if (!node) this.#fault('TP001', statement, 'a statement has no "Effect"');
    else if (node.type !== 'string') this.#fault('TP001', node, `"Effect" is ${nameOf(node)}, not a string`);
    else if (node.value === 'Allow' || node.value === 'Deny') return node.value;
    else
      this.#fault(
        'TP001',
        node,
        `"Effect" is "${node.value}"; it must be "Allow" or "Deny"`,
        nearestName(node.value, ['Allow', 'Deny']),
      );
    // A statement that nobody can read must not grant.
    return 'Deny';
  }

  #readEither(statement: ObjectNode, key: string, notKey: string, code: string) {
    const plain = childOf(statement, key);
    const except = childOf(statement, notKey);
    if (plain && except) this.#fault('TP001', except, `a statement has both "${key}" and "${notKey}"`);
    const node = plain ?? except;
    if (!node) {
      this.#fault(code, statement, `a statement has no "${key}"`);
      return null;
    }
    const texts = this.#readTexts(node, plain ? key : notKey);
    if (texts.length === 0 && node.type === 'array')
      this.#fault(code, node, `"${plain ? key : notKey}" is empty`);
    return { texts, isExcept: !plain };
  }

  #refuseResource(statement: ObjectNode): void {
    for (const key of ['Resource', 'NotResource']) {
      const node = entryOf(statement, key);
      if (node)
        this.#fault(
          'TP003',
          node,
          `"${key}" is not allowed in a trust policy: the role itself is the resource`,
          'remove it',
        );
    }
  }

  #refuseForeignAction(action: Located): void {
    if (action.text === '*' || trustActionsOf(action.text).length > 0) return;
    const bare = action.text.replace(/^\s*sts\s*:\s*|\s+/gi, '');
    const near = nearestName(`sts:${bare}`, TRUST_ACTIONS);
    const isSts = /^sts:/i.test(action.text);
    this.#fault(
      'TP024',
      action,
      isSts
        ? `the action "${action.text}" is none that a trust policy can grant`
        : `the action "${action.text}" is not of the service sts, and a trust policy can grant no other`,
      near,
    );
  }

  #refusePrincipal(statement: ObjectNode): Principal[] {
    const node = entryOf(statement, 'Principal') ?? entryOf(statement, 'NotPrincipal');
    if (node)
      this.#fault('TP001', node, 'a policy of an identity names no principal: whoever carries it is meant');
    return [];
  }

  #readPrincipals(statement: ObjectNode): Principal[] {
    const except = entryOf(statement, 'NotPrincipal');
    if (except)
      this.#fault(
        'TP005',
        except,
        '"NotPrincipal" is not supported in a trust policy',
        'name the account in "Principal" and deny the rest by aws:PrincipalArn',
      );
    const node = childOf(statement, 'Principal');
    if (!node) {
      if (!except) this.#fault('TP004', statement, 'a statement has no "Principal"');
      return [];
    }
    if (node.type === 'string' && node.value === '*') {
      this.#fault('TP006', node, '"Principal": "*" is not allowed in a trust policy', 'name the principals');
      return [];
    }
    if (node.type !== 'object') {
      const shown = node.type === 'string' ? `"${node.value}"` : nameOf(node);
      const hint = node.type === 'string' ? `{"AWS": "${node.value}"}` : null;
      this.#fault('TP004', node, `"Principal" is ${shown}, not an object such as {"AWS": …}`, hint);
      return [];
    }
    if (node.entries.length === 0) this.#fault('TP004', node, '"Principal" is empty');
    return node.entries.flatMap(({ key, keyAt, value }) => {
      if (!PRINCIPAL_TYPES.includes(key)) {
        const near = nearestName(key, PRINCIPAL_TYPES);
        this.#fault(
          'TP004',
          { ...keyAt, pointer: value.pointer },
          `"${key}" is no kind of principal that a trust policy takes`,
          near ?? 'use AWS, Service or Federated',
        );
        return [];
      }
      const texts = this.#readTexts(value, key);
      if (texts.length === 0 && value.type === 'array') this.#fault('TP004', value, `"${key}" is empty`);
      return texts.flatMap((text) => this.#readPrincipal(key as Principal['type'], text));
    });
  }

  #readPrincipal(type: Principal['type'], text: Located): Principal[] {
    const reading = readPrincipal(type, text.text);
    if (reading.ok) return [{ ...text, type, names: reading.names }];
    this.#fault(reading.code, text, reading.message, reading.hint);
    return [];
  }

  #readConditions(node: JsonNode | null): Condition[] {
    if (!node) return [];
    if (node.type !== 'object') {
      this.#fault('TP025', node, `"Condition" is ${nameOf(node)}, not an object`);
      return [];
    }
    return node.entries.flatMap(({ key: operatorText, keyAt, value: block }) => {
      const reading = readOperator(operatorText);
      const at = { ...keyAt, pointer: block.pointer };
      if (!reading.ok) this.#fault('TP025', at, `"${operatorText}" is no condition operator`, reading.hint);
      if (block.type !== 'object') {
        this.#fault(
          'TP025',
          block,
          `"${operatorText}" holds ${nameOf(block)}, not an object of keys and values`,
        );
        return [];
      }
      const seen = new Set<string>();
      return block.entries.flatMap((entry) => {
        const place = { ...entry.keyAt, pointer: entry.value.pointer };
        if (!/^[^\s:][^:]*:\S(?:.*\S)?$/s.test(entry.key))
          this.#fault('TP025', place, `"${entry.key}" is no condition key: it must read prefix:name`);
        const folded = entry.key.toLowerCase();
        if (seen.has(folded) && !block.entries.some((other) => other !== entry && other.key === entry.key))
          this.#fault(
            'TP025',
            place,
            `the key "${entry.key}" stands twice under "${operatorText}", in different case`,
          );
        seen.add(folded);
        const values = this.#readTexts(entry.value, entry.key, 'TP025');
        return reading.ok
          ? [{ ...place, operatorText, operator: reading.operator, key: entry.key, values }]
          : [];
      });
    });
  }

  /** A string or an array of strings; condition values may be numbers and booleans, too. */
  #readTexts(node: JsonNode, key: string, code = 'TP001'): Located[] {
    const nodes = node.type === 'array' ? node.items : [node];
    return nodes.flatMap((item) => {
      if (item.type === 'string') return [located(item, item.value)];
      if (code === 'TP025' && item.type === 'number') return [located(item, item.text)];
      if (code === 'TP025' && item.type === 'boolean') return [located(item, String(item.value))];
      this.#fault(code, item, `"${key}" holds ${nameOf(item)} where a string must stand`);
      return [];
    });
  }

  #refuseUnknownKeys(node: ObjectNode, known: string[], what: string): void {
    for (const { key, keyAt, value } of node.entries) {
      if (known.includes(key)) continue;
      this.#fault(
        'TP001',
        { ...keyAt, pointer: value.pointer },
        `"${key}" is no element of ${what}`,
        nearestName(key, known),
      );
    }
  }

  #fault(code: string, at: Place, message: string, hint: string | null = null): void {
    this.faults.push({ code, message, hint, ...placeOf(at) });
  }
}

const childOf = (node: ObjectNode, key: string): JsonNode | null =>
  node.entries.find((entry) => entry.key === key)?.value ?? null;

/** Where a key stands, rather than its value. */
function entryOf(node: ObjectNode, key: string): Place | null {
  const entry = node.entries.find((candidate) => candidate.key === key);
  return entry ? { ...entry.keyAt, pointer: entry.value.pointer } : null;
}

const placeOf = ({ pointer, line, column }: Place): Place => ({ pointer, line, column });
const located = (at: Place, text: string): Located => ({ ...placeOf(at), text });

function nameOf(node: JsonNode): string {
  if (node.type === 'null') return 'null';
  return `${/^[aeiou]/.test(node.type) ? 'an' : 'a'} ${node.type}`;
}

// How a document that IAM would refuse is corrected, where what the parser found tells it: by the code, the
// place and the hint of a fault.
import type { PolicyFault } from '../model/policy.ts';
import {
  addCondition,
  type Correction,
  inTurn,
  isObject,
  pointerOf,
  removeValue,
  renameKey,
  replaceValue,
  setKey,
  stepsOf,
  valueAt,
} from './edit.ts';

/** Null when somebody has to decide something first. */
export function correctionOf({ code, pointer, message, hint }: PolicyFault): Correction | null {
  const steps = stepsOf(pointer);
  const isWord = hint !== null && !/[\s{]/.test(hint);
  switch (code) {
    case 'TP001':
      if (!isWord) return null;
      return steps.at(-1) === 'Effect' ? replaceValue(pointer, hint) : renameKey(pointer, hint);
    case 'TP002':
      return hint === null ? null : replaceValue(pointer, hint);
    case 'TP003':
      return removeValue(pointer);
    case 'TP009':
      return narrowedRoot(pointer, steps);
    case 'TP004':
    case 'TP030':
    case 'TP035':
      return principal(pointer, steps, hint);
    case 'TP024':
      return isWord ? replaceValue(pointer, hint) : listedAction(pointer, steps);
    case 'TP025':
      return isWord && steps.at(-2) === 'Condition' ? renameKey(pointer, hint) : null;
    case 'TP046':
      return isWord && !message.includes('two statements')
        ? replaceValue(pointer, hint)
        : removeValue(pointer);
    default:
      return null;
  }
}

function principal(pointer: string, steps: string[], hint: string | null): Correction | null {
  if (hint === null) return null;
  if (hint.startsWith('{')) return replaceValue(pointer, JSON.parse(hint));
  const move = /^move it from "(\w+)" to "(\w+)"$/.exec(hint);
  if (move) return moved(pointer, steps, move[2]!);
  if (/\s/.test(hint) || hint.includes(':ACCOUNT:')) return null;
  return ['AWS', 'Service', 'Federated'].includes(hint)
    ? renameKey(pointer, hint)
    : replaceValue(pointer, hint);
}

/** For `*`, which no principal needs: the one action by which those of the statement ask. */
const listedAction =
  (pointer: string, steps: string[]): Correction =>
  (document) => {
    const principals = valueAt(
      document,
      `${pointerOf(steps.slice(0, steps.lastIndexOf('Action')))}/Principal`,
    );
    if (!isObject(principals) || Object.keys(principals).length !== 1) return false;
    if (valueAt(document, pointer) !== '*') return false;
    const isSaml = [principals['Federated']].flat().every((text) => /:saml-provider\//.test(String(text)));
    const suffix = !('Federated' in principals) ? '' : isSaml ? 'WithSAML' : 'WithWebIdentity';
    return replaceValue(pointer, `sts:AssumeRole${suffix}`)(document);
  };

/** Under another type of principal, which may name others already. */
function moved(pointer: string, steps: string[], type: string): Correction {
  const all = pointerOf(steps.slice(0, steps.indexOf('Principal') + 1));
  return (document) => {
    const principals = valueAt(document, all);
    const text = valueAt(document, pointer);
    if (!isObject(principals)) return false;
    const others = principals[type] === undefined ? [] : [principals[type]].flat();
    return inTurn(
      setKey(all, type, others.length === 0 ? text : [...others, text]),
      removeValue(pointer),
    )(document);
  };
}

/** The root of the account, narrowed by a condition, in a statement of its own where others are named beside. */
function narrowedRoot(pointer: string, steps: string[]): Correction {
  return (document) => {
    const text = valueAt(document, pointer);
    const match = typeof text === 'string' ? /^arn:([a-z-]+):(?:iam|sts)::(\d{12}):(.+)$/.exec(text) : null;
    const at = pointerOf(steps.slice(0, steps.indexOf('Principal')));
    const statement = valueAt(document, at);
    if (!match || !isObject(statement) || !isObject(statement['Principal'])) return false;
    const [, partition, account, resource = ''] = match;
    const role = resource.replace(/^assumed-role\/([^/]+)\/.*$/, 'role/$1');
    const root = { AWS: `arn:${partition}:iam::${account}:root` };
    const isAlone = Object.entries(statement['Principal']).every(
      ([type, named]) => type === 'AWS' && [named].flat().length === 1,
    );
    const narrow = (where: string): Correction =>
      role === '*'
        ? () => true
        : addCondition(where, 'ArnLike', 'aws:PrincipalArn', `arn:${partition}:iam::${account}:${role}`);
    if (isAlone) return inTurn(setKey(at, 'Principal', root), narrow(at))(document);
    const statements = document['Statement'];
    if (!Array.isArray(statements)) return false;
    const { Sid: _, ...rest } = statement;
    statements.push({ ...structuredClone(rest), Principal: root });
    return inTurn(narrow(`/Statement/${statements.length - 1}`), removeValue(pointer))(document);
  };
}

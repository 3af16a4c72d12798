// AN013: a namespace's allow-list that cannot be read denies everything; one that is not anchored
// allowed more under kube2iam than it does here.
import { ALLOWED_ROLES_KEY, PERMITTED_KEY } from '../model/annotations.ts';
import { type Finding, fail, pass, subject, warn } from '../model/finding.ts';
import { permitFault, unanchoredPatterns } from '../model/permits.ts';
import { quote } from '../model/shell.ts';
import type { NamespaceFact, Snapshot } from '../model/snapshot.ts';
import { clusterSubject, unread } from './shared.ts';

const expected = "the namespace's allow-list is valid and matches whole role ARNs";

export function run(snapshot: Snapshot): Finding[] {
  const { namespaces, settings } = snapshot;
  if (namespaces.state === 'unknown') return [unread(namespaces, clusterSubject(snapshot), expected)];
  return namespaces.value
    .filter(
      ({ annotations }) =>
        annotations[settings.namespaceKey] !== undefined || annotations[PERMITTED_KEY] !== undefined,
    )
    .map((namespace) => judge(namespace, snapshot));
}

function judge({ name, annotations }: NamespaceFact, { settings }: Snapshot): Finding {
  const of = subject('Namespace', name);
  const why = settings.namespaceRestrictions
    ? 'a list that cannot be read allows no role at all'
    : 'it would count once --namespace-restrictions is on';
  const fault = permitFault(annotations, settings);
  if (fault !== null) {
    const words = {
      expected,
      observed: fault,
      why,
      fix: {
        text: 'write a JSON array of strings',
        command: `kubectl annotate namespace ${quote(name)} --overwrite ${quote(`${settings.namespaceKey || ALLOWED_ROLES_KEY}=["ROLE"]`)}`,
        patch: null,
      },
    };
    return settings.namespaceRestrictions ? fail(of, words) : warn(of, words);
  }
  const open = settings.legacyRegexp ? unanchoredPatterns(annotations, settings) : [];
  const tighter = settings.legacyRegexp ? [] : unanchoredPatterns(annotations, settings);
  if (open.length > 0)
    return warn(of, {
      expected,
      observed: `${inQuotes(open)} ends without $, and with --legacy-regexp matches anything that follows it`,
      why: 'a role whose name only starts with an allowed one is allowed as well',
      fix: {
        text: 'end each pattern with $',
        command: null,
        patch: JSON.stringify(open.map((p) => `${p}$`)),
      },
    });
  if (tighter.length > 0)
    return warn(of, {
      expected,
      observed: `${inQuotes(tighter)} ends without $; kube2iam would let more through than is allowed here`,
      why: 'here a pattern always matches the whole ARN; after a migration some roles may be refused',
      fix: {
        text: 'end each pattern with $ if the name ends there, or with .* if not',
        command: null,
        patch: JSON.stringify(tighter.map((p) => `${p}$`)),
      },
    });
  return pass(of, { expected, observed: 'it can be read', why });
}

const inQuotes = (patterns: readonly string[]): string => patterns.map((p) => `"${p}"`).join(', ');

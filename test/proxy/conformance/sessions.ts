// The session names under which pods appear in CloudTrail, and in trust policies.
import { sessionName } from '../../../src/model/session-name.ts';
import { type Area, row } from './case.ts';

function named(annotation: string | null, pod = 'web-1', namespace = 'shop'): string {
  const annotations: Record<string, string> =
    annotation === null ? {} : { 'iam.amazonaws.com/session-name': annotation };
  return sessionName('{namespace}.{pod}', { namespace, name: pod, uid: 'u', node: 'n', annotations }, 'role');
}

export const sessions: Area = {
  title: 'Session names, as CloudTrail shows them',
  cases: [
    row(
      'by default',
      {
        kube2iam: "hash of the pod's address and the role: `ff6719c1-role`",
        kiam: '`kiam-kiam`',
        metadataproxy: '`devproxyauth`',
      },
      'shop.web-1',
      () => named(null),
      'it should name the pod',
    ),
    row(
      'annotated `nightly`',
      { kiam: '`kiam-nightly`' },
      'nightly',
      () => named('nightly'),
      'what is annotated is what trust policies can ask for',
    ),
    row(
      'annotated with `testing@#&-test%`',
      { kiam: '`kiam-testing@---test-`', metadataproxy: 'bad characters become `_`' },
      'testing@---test-',
      () => named('testing@#&-test%'),
    ),
    row(
      'longer than 64 characters',
      { kube2iam: 'cut to 64', kiam: 'cut to 63', metadataproxy: 'cut to 64' },
      `shop.${'x'.repeat(59)} (64)`,
      () => `${named(null, 'x'.repeat(100))} (${named(null, 'x'.repeat(100)).length})`,
    ),
    row(
      'annotated, and longer than 64 characters',
      { kiam: '`kiam-` and the first 58' },
      `${'Un'.repeat(32)} (64)`,
      () => `${named('Un'.repeat(40))} (${named('Un'.repeat(40)).length})`,
    ),
    row(
      'annotated with nothing but blanks',
      { kiam: '`kiam---`' },
      'shop.web-1',
      () => named('  '),
      'as without the annotation',
    ),
    row('annotated with a path', { kiam: '`kiam-a-b`' }, 'a-b', () => named('a/b')),
    row('annotated with letters of another script', {}, 'gr--e', () => named('grüße')),
    row(
      'annotated with a field of --session-name',
      { kiam: '`kiam--pod-`' },
      '-pod-',
      () => named('{pod}'),
      'only the operator fills fields; what a pod says is taken as it is',
    ),
    row('of one character', { kiam: '`kiam-x`' }, 'x-', () => named('x'), 'STS wants two at least'),
  ],
};

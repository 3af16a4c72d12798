// What clients rely on of a Kubernetes API server, as one set of assertions: fidelity.test.ts holds the
// emulated server to it, and the end-to-end suite a real one, so that the emulation cannot drift.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fidelityOfAccess } from './fidelity/access.ts';
import { fidelityOfAdmission } from './fidelity/admission.ts';
import { fidelityOfApply } from './fidelity/apply.ts';
import { fidelityOfControllers } from './fidelity/controllers.ts';
import { fidelityOfObjects } from './fidelity/objects.ts';
import { fidelityOfTokens } from './fidelity/tokens.ts';
import { fidelityOfWatches } from './fidelity/watches.ts';
import type { Wire } from './helpers/wire.ts';

export interface Subject {
  wire: Wire;
  /** A namespace of the suite's own. */
  namespace: string;
  /** A real server forgets no version before its first compaction, minutes after its start. */
  mayBeYoung: boolean;
}

/** Registers the assertions; `connect` is called once, before the first. */
export function describeFidelity(
  name: string,
  connect: () => Promise<Wire>,
  { mayBeYoung = false } = {},
): void {
  const subject = { namespace: `pod-iam-fidelity-${process.pid}`, mayBeYoung } as Subject;
  describe(name, () => {
    before(async () => {
      subject.wire = await connect();
      await createNamespace(subject, subject.namespace);
    });
    after(async () => {
      await subject.wire.call('DELETE', `/api/v1/namespaces/${subject.namespace}`);
    });
    fidelityOfObjects(subject);
    fidelityOfApply(subject);
    fidelityOfWatches(subject);
    fidelityOfAccess(subject);
    fidelityOfTokens(subject);
    fidelityOfAdmission(subject);
    fidelityOfControllers(subject);
    it('ends a namespace with everything in it', async () => {
      const { wire, namespace } = subject;
      const path = `/api/v1/namespaces/${namespace}`;
      const answer = await wire.call('DELETE', path);
      assert.equal(answer.code, 200);
      assert.deepEqual(answer.body.status.phase, 'Terminating');
      await eventually(async () => assert.equal((await wire.call('GET', path)).code, 404), 180_000);
    });
  });
}

export async function createNamespace({ wire }: Subject, name: string, labels = {}): Promise<void> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
  assert.equal((await wire.call('POST', '/api/v1/namespaces', namespace)).code, 201);
  // Pods can be created once the controllers have furnished it.
  await eventually(async () => {
    const path = `/api/v1/namespaces/${name}/serviceaccounts/default`;
    assert.equal((await wire.call('GET', path)).code, 200);
  });
}

/** Runs the assertions until they hold; the last failure is thrown when they never do. */
export async function eventually(assertions: () => Promise<void>, withinMs = 60_000): Promise<void> {
  const end = Date.now() + withinMs;
  for (;;) {
    try {
      return await assertions();
    } catch (error) {
      if (Date.now() > end) throw error;
      await sleep(50);
    }
  }
}

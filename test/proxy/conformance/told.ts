// What is told of the daemon's state, and of refusals.
import { until } from '../world.ts';
import { type Area, row } from './case.ts';
import { CLOSED, CREDENTIALS, FORBIDDEN, POD, send, world } from './worlds.ts';

async function health(path: string): Promise<string> {
  const one = await world();
  const { latencyMs } = one.imds;
  one.imds.latencyMs = 60_000;
  const { status } = await one.admin(path);
  one.imds.latencyMs = latencyMs;
  return String(status);
}

export const healths: Area = {
  title: 'Health',
  cases: [
    row('/healthz', { kube2iam: '200', kiam: '200' }, '200', async () =>
      String((await (await world()).admin('/healthz')).status),
    ),
    row(
      '/healthz, the metadata service hangs',
      { kube2iam: '500, so that the kubelet restarts the daemon', kiam: '500' },
      '200',
      () => health('/healthz'),
      'a restart mends nothing that lies behind the daemon',
    ),
    row('/readyz, the metadata service hangs', {}, '200', () => health('/readyz')),
  ],
};

interface Told {
  type: string;
  reason: string;
  message: string;
  involvedObject: { name: string };
}

async function event(from: string, pod: string, path: string, flags: string[] = []): Promise<string> {
  const one = await world(...flags);
  await send(path, { from, flags });
  const of = () =>
    (one.api.events as unknown as Told[]).find(({ involvedObject }) => involvedObject.name === pod);
  await until('an event', () => of() !== undefined);
  const { type, reason, message } = of()!;
  return `${type} ${reason} (${/\((\w+);/.exec(message)?.[1]})`;
}

export const events: Area = {
  title: 'Events on the pod',
  cases: [
    row(
      'a role that the namespace does not allow',
      { kube2iam: 'none', kiam: 'Warning KiamRoleForbidden' },
      'Warning RoleNotAllowed (AN003)',
      () => event(FORBIDDEN, 'forbidden', CREDENTIALS, ['--namespace-restrictions']),
    ),
    row(
      'a role that STS refuses',
      { kube2iam: 'none', kiam: 'Warning KiamCredentialError' },
      'Warning CredentialsRefused (TP018)',
      () => event(CLOSED, 'closed', `${CREDENTIALS}closed`),
    ),
    row(
      'another role is asked for',
      { kube2iam: 'none', kiam: 'none' },
      'Warning OtherRole (LK002)',
      () => event(POD, 'role-0', `${CREDENTIALS}red`),
      'somebody in the pod tries what is not its own',
    ),
  ],
};

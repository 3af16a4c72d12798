// What is beyond the node of a docker test, as a program of its own in the namespace `outside`: an
// instance metadata service at its real address, and STS. Prints `ready`; answers on stdin's lines with
// the calls to STS so far as JSON.
import { createInterface } from 'node:readline';
import {
  allowing,
  buildAws,
  startEmulatedAws,
  startEmulatedImds,
  trusting,
  trustingEc2,
} from '../../../src/sandbox/aws/index.ts';

const [host, port] = process.argv.slice(2) as [string, string];
const account = '111122223333';
const base = `arn:aws:iam::${account}:role/`;

const builder = buildAws(account);
builder.role('node', { trust: trustingEc2(), policy: allowing('sts:AssumeRole') });
for (const role of ['blue', 'red']) builder.role(role, { trust: trusting(`${base}node`) });
const aws = await startEmulatedAws({ host, port: Number(port), state: builder.state });
await startEmulatedImds({
  ...{ aws, host: '169.254.169.254', port: 80, httpTokens: 'optional' as const },
  instance: {
    ...{ id: 'i-0123456789abcdef0', account, region: 'eu-west-1', zone: 'eu-west-1a' },
    ...{ privateIp: '10.98.0.2', role: 'node' },
  },
});
process.stdout.write('ready\n');
for await (const _ of createInterface({ input: process.stdin })) {
  const calls = aws.requests.map(({ action, parameters }) => ({ action, role: parameters['RoleArn'] }));
  process.stdout.write(`${JSON.stringify(calls)}\n`);
}

// Real AWS clients behind the daemon as deployed: each alone in a network namespace, with its built-in
// metadata address, default settings and nothing of AWS in its environment but where STS is.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { MOTO_ACCOUNT, type Moto, startMoto } from './helpers/moto.ts';
import { netnsFault } from './helpers/netns.ts';
import { CLIENTS, type Client, clientsFault, isThere, type Outcome } from './helpers/sdk-clients.ts';
import { REGION, type SdkLab, startSdkLab } from './helpers/sdk-lab.ts';
import { Matrix } from './helpers/sdk-matrix.ts';
import { isNodes, isNone, isOwn, scenarios } from './helpers/sdk-scenario.ts';
import { SdkWorld, until } from './helpers/sdk-world.ts';

const present = CLIENTS.filter(isThere);
const modern = present.filter(({ isV1 }) => !isV1);
const old = present.filter(({ isV1 }) => isV1);
const onIpv6 = present.filter(({ speaksIpv6 }) => speaksIpv6);
const byToken = present.filter(({ sendsToken }) => sendsToken);
const IPV6 = { AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: 'IPv6' };
const motoFault = process.env['POD_IAM_E2E_MOTO'] ? false : 'POD_IAM_E2E_MOTO is not set';

describe('real AWS clients', { skip: netnsFault() || clientsFault(), timeout: 1_800_000 }, () => {
  const matrix = new Matrix();
  let lab: SdkLab;
  let world: SdkWorld;
  const scenario = scenarios(() => world, matrix);
  before(async () => {
    lab = await startSdkLab(present.map(({ name }) => name));
    world = new SdkWorld(lab);
  });
  after(async () => {
    console.log(`\n${matrix.render()}`);
    for (const { title } of CLIENTS.filter((one) => !isThere(one)))
      console.log(`missing, not counted: ${title}`);
    await world?.close();
    await lab?.close();
  });

  it('are all there that must be', () => {
    const absent = CLIENTS.filter((client) => client.isRequired && !isThere(client));
    assert.deepEqual(
      absent.map(({ title }) => title),
      [],
    );
  });

  const putPods = async (clients: readonly Client[], purpose: string) => {
    for (const client of clients) world.putPod(client, purpose, client.name);
    await world.prefetched(clients.length);
  };
  const answered = (...routes: string[]) => Promise.all(routes.map((route) => world.answered(route)));

  // The control of all that follows: nothing but the rule and the daemon keeps a client from this.
  scenario({
    title: "without the rule each gets the node's role",
    column: 'without the rule',
    clients: present,
    ask: async (_client, running) => isNodes(await running.ask('use')),
  });

  scenario({
    title: "without the rule each gets the node's role at the IPv6 address too",
    column: 'without the rule, IPv6',
    clients: onIpv6,
    start: () => ({ env: IPV6 }),
    ask: async (_client, running) => isNodes(await running.ask('use')),
  });

  describe('behind the rule', () => {
    before(async () => {
      // The control of the last test: what gets past the node is seen.
      assert.ok(world.escaped().length >= present.length);
      lab.imds.requests.length = 0;
      await world.startRedirect();
      await world.startDaemon();
    });

    scenario({
      title: 'each gets exactly the role of its pod, those of IMDSv1 nothing',
      column: 'own role',
      clients: present,
      prepare: () => putPods(present, 'own'),
      async ask(client, running) {
        const outcome = await running.ask('use');
        return client.isV1 ? isNone(outcome) : isOwn(world.arnOf(client, 'own'), outcome);
      },
    });

    scenario({
      title: 'a pod without a role gets nothing, soon',
      column: 'no role',
      clients: present,
      async prepare() {
        for (const client of present) world.putPod(client, 'bare', null);
        await world.prefetched(0);
      },
      ask: async (_client, running) => isNone(await running.ask('use')),
    });

    scenario({
      title: 'a first request before the pod is known, with STS at 200 ms, succeeds at the first attempt',
      column: 'asks before its pod is known',
      clients: modern,
      async prepare() {
        for (const { name } of present) world.removePod(name);
        lab.aws.latencyMs = (action) => (action === 'AssumeRole' ? 200 : 0);
      },
      async ask(client, running) {
        const [tokens, listings, documents] = await answered('token', 'listing', 'document');
        const asking = running.ask('use');
        await until('its first request', async () => (await world.answered('token')) > tokens!);
        world.putPod(client, 'cold', client.name);
        const startedMs = performance.now();
        const outcome = { ...(await asking), ms: Math.round(performance.now() - startedMs) };
        const attempts = await answered('listing', 'document');
        assert.deepEqual(attempts, [listings! + 1, documents! + 1], outcome.error);
        return isOwn(world.arnOf(client, 'cold'), outcome);
      },
    });

    const first = new Map<Client, Outcome>();
    scenario({
      title: 'a restart of the daemon between two fetches goes unnoticed',
      column: 'daemon restarted',
      clients: modern,
      async prepare() {
        lab.aws.latencyMs = 0;
        await putPods(modern, 'restart');
      },
      async meanwhile(running) {
        for (const [client, one] of running) first.set(client, await one.ask('use'));
        await world.startDaemon();
      },
      async ask(client, running) {
        isOwn(world.arnOf(client, 'restart'), first.get(client)!);
        const [tokens, documents] = await answered('token', 'document');
        const outcome = await running.ask('fresh');
        isOwn(world.arnOf(client, 'restart'), outcome);
        const after = await answered('token', 'document');
        assert.equal(after[1], documents! + 1, 'it fetched nothing');
        const isKept = after[0] === tokens;
        assert.equal(isKept, client.keepsToken ?? false);
        return { text: isKept ? 'own role with its old token' : 'own role', outcome };
      },
    });

    scenario({
      title: 'the region is passed through to those that ask for it',
      column: 'finds its region',
      clients: present.filter(({ findsRegion }) => findsRegion),
      prepare: () => putPods(present, 'region'),
      start: () => ({ region: null }),
      async ask(client, running) {
        const outcome = await running.ask('use');
        assert.equal(outcome.region, REGION, outcome.error);
        isOwn(world.arnOf(client, 'region'), outcome);
        return { text: `own role, ${outcome.region}`, outcome };
      },
    });

    scenario({
      title: 'a role that STS refuses gives nothing, at once',
      column: 'STS refuses',
      clients: modern,
      async prepare() {
        for (const client of present) world.putPod(client, 'refused', 'closed');
      },
      // A 5xx would have some of them ask again for two to six seconds.
      async ask(_client, running) {
        const [documents] = await answered('document');
        const result = isNone(await running.ask('use'));
        assert.deepEqual(await answered('document'), [documents! + 1], result.outcome.error);
        return result;
      },
    });

    scenario({
      title: 'those of IMDSv1 get their role where no session token is required',
      column: '`--imds-tokens=optional`',
      clients: old,
      async prepare() {
        await world.startDaemon(['--imds-tokens=optional']);
        await putPods(present, 'optional');
      },
      ask: async (client, running) => isOwn(world.arnOf(client, 'optional'), await running.ask('use')),
    });

    scenario({
      title: 'each gets its role at the IPv6 address',
      column: 'IPv6',
      clients: onIpv6,
      async prepare() {
        await world.startDaemon();
        await putPods(present, 'ipv6');
      },
      start: () => ({ env: IPV6 }),
      ask: async (client, running) => isOwn(world.arnOf(client, 'ipv6'), await running.ask('use')),
    });

    describe('by the container credentials, for pods whose address is not known', () => {
      before(async () => {
        await world.startRedirect(['--container-credentials']);
        await world.startDaemon(['--container-credentials']);
      });

      scenario({
        title: 'each gets its role by its token',
        column: 'container credentials',
        clients: byToken,
        async prepare() {
          for (const client of byToken) world.putPod(client, 'token', client.name, false);
        },
        start: (client) => ({ env: world.containerEnvironment(client, 'token') }),
        ask: async (client, running) => isOwn(world.arnOf(client, 'token'), await running.ask('use')),
      });

      scenario({
        title: 'a role that STS refuses gives nothing, soon',
        column: 'container credentials, STS refuses',
        clients: byToken,
        async prepare() {
          for (const client of byToken) world.putPod(client, 'token', 'closed', false);
        },
        start: (client) => ({ env: world.containerEnvironment(client, 'token') }),
        ask: async (_client, running) => isNone(await running.ask('use')),
      });
    });

    describe('with moto as STS', { skip: motoFault }, () => {
      let moto: Moto;
      before(async () => {
        const roles = present.map(({ name }) => name);
        moto = await startMoto(roles, lab.network.hostIp);
      });
      after(() => moto?.stop());

      scenario({
        title: 'each gets its role from an STS that is not ours',
        column: 'moto as STS',
        // Java v1 signs its User-Agent; moto checks by botocore's signer, which leaves that out.
        clients: modern.filter(({ name }) => name !== 'java-v1'),
        async prepare() {
          const { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY } = moto.nodeKeys;
          const base = moto.roleArn('');
          await world.startDaemon([`--sts-endpoint=${moto.url}`, `--base-role-arn=${base}`], {
            AWS_ACCESS_KEY_ID,
            AWS_SECRET_ACCESS_KEY,
          });
          await putPods(present, 'moto');
        },
        start: () => ({ sts: moto.url }),
        async ask(client, running) {
          const outcome = await running.ask('use');
          return isOwn(world.arnOf(client, 'moto', MOTO_ACCOUNT), outcome);
        },
      });
    });

    it('no request of a pod got past the node', () => assert.deepEqual(world.escaped(), []));
  });

  it('came out as docs/clients.md says', () => assert.deepEqual(matrix.differences(), []));
});

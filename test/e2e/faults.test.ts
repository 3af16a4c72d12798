// Faults on a real cluster, each of which a node meets sooner or later: what pods get meanwhile, and how
// soon all is well again. Every figure that is measured is printed.
import { after, before, describe } from 'node:test';
import { apiServerFaults } from './faults/api-server.ts';
import { crowdFaults } from './faults/crowd.ts';
import { killFaults } from './faults/kills.ts';
import { outageFaults } from './faults/outage.ts';
import { rebootFaults } from './faults/reboot.ts';
import { ruleFaults } from './faults/rules.ts';
import { stsFaults } from './faults/sts.ts';
import { upgradeFaults } from './faults/upgrade.ts';
import { clusterFault, startParts } from './helpers/cluster.ts';
import { type Stage, setStage } from './helpers/stage.ts';

describe('faults of what the daemon stands on', { skip: clusterFault, timeout: 2_700_000 }, () => {
  let stage: Stage;
  before(async () => {
    stage = await setStage();
    await stage.install();
  });
  after(async () => {
    await startParts();
    await stage.close();
  });

  crowdFaults(() => stage);
  upgradeFaults(() => stage);
  killFaults(() => stage);
  stsFaults(() => stage);
  outageFaults(() => stage);
  apiServerFaults(() => stage);
  ruleFaults(() => stage);
  rebootFaults(() => stage);
});

// The flags by which doctor, verify and snapshot say what to look at, and how a run is made of them.
import { Flags } from '@oclif/core';
import type { ExamineOptions, ProbeOptions } from '../doctor/examine.ts';
import { nearestName } from '../model/nearest.ts';
import { usageProblem } from '../model/problem.ts';
import { DEFAULT_PROBE_IMAGE } from '../probe/pod.ts';
import { connect, connectToAws } from './connect.ts';
import { durationOf } from './duration.ts';
import { proxyFlag } from './proxy-flag.ts';

const helpGroup = 'DIAGNOSTIC PODS';

export const probeFlags = {
  'probe-image': Flags.string({
    summary: 'Image of the diagnostic pods; must hold sh and curl 7.75 or newer.',
    default: DEFAULT_PROBE_IMAGE,
    helpGroup,
  }),
  'sts-endpoint': Flags.string({ summary: 'STS that they ask. Default: as the daemon does.', helpGroup }),
  nodes: Flags.integer({
    summary: "At most so many nodes beside the workloads' own.",
    min: 0,
    helpGroup,
  }),
  timeout: Flags.string({ summary: 'How long one of them may take.', default: '60s', helpGroup }),
  concurrency: Flags.integer({ summary: 'How many run at a time.', default: 5, min: 1, max: 50, helpGroup }),
  keep: Flags.boolean({ summary: 'Leave them, to look at them.', helpGroup }),
};

export const targetFlags = {
  selector: Flags.string({ char: 'l', summary: 'Only workloads whose pods carry these labels.' }),
  ...proxyFlag,
  'node-role': Flags.string({
    summary: 'Identity that the daemons assume roles with. Default: as they tell.',
    helpValue: 'ARN',
    multiple: true,
    multipleNonGreedy: true,
  }),
  aws: Flags.boolean({ summary: 'Read roles and trust policies from IAM.', default: true, allowNo: true }),
};

export const codeFlags = {
  only: Flags.string({ summary: 'Only these codes, comma-separated.', helpValue: 'CODES' }),
  skip: Flags.string({ summary: 'All but these codes, comma-separated.', helpValue: 'CODES' }),
};

interface TargetValues {
  kubeconfig?: string | undefined;
  context?: string | undefined;
  namespace?: string | undefined;
  profile?: string | undefined;
  region?: string | undefined;
  selector?: string | undefined;
  'system-namespace': string;
  'node-role'?: string[] | undefined;
  'probe-image': string;
  'sts-endpoint'?: string | undefined;
  nodes?: number | undefined;
  timeout: string;
  concurrency: number;
  keep: boolean;
  only?: string | undefined;
  skip?: string | undefined;
}

type Targets = Pick<
  ExamineOptions,
  'kube' | 'aws' | 'selection' | 'systemNamespace' | 'nodeRoles' | 'only' | 'skip' | 'probe'
>;

/** Throws a usage Problem for unknown codes and bad durations, and what `connect` throws. */
export async function targetsOf(
  flags: TargetValues,
  { names = [], hasCluster, hasAws }: { names?: readonly string[]; hasCluster: boolean; hasAws: boolean },
): Promise<Targets> {
  return {
    selection: { names, namespace: flags.namespace ?? null, selector: flags.selector ?? null },
    systemNamespace: flags['system-namespace'],
    nodeRoles: flags['node-role'] ?? [],
    only: flags.only === undefined ? null : await codesOf(flags.only),
    skip: flags.skip === undefined ? [] : await codesOf(flags.skip),
    probe: probeOptions(flags),
    kube: hasCluster ? await connect(flags) : null,
    aws: hasAws ? await connectToAws(flags) : null,
  };
}

function probeOptions(flags: TargetValues): ProbeOptions {
  return {
    image: flags['probe-image'],
    stsEndpoint: flags['sts-endpoint'] ?? null,
    region: flags.region ?? null,
    nodeLimit: flags.nodes ?? null,
    timeoutMs: durationOf('--timeout', flags.timeout, '60s'),
    concurrency: flags.concurrency,
    keep: flags.keep,
  };
}

async function codesOf(text: string): Promise<string[]> {
  const { CATALOGUE } = await import('../checks/catalogue.ts');
  const known = CATALOGUE.map(({ code }) => code);
  return text.split(',').map((word) => {
    const code = word.trim().toUpperCase();
    if (known.includes(code)) return code;
    const guess = nearestName(code, known);
    throw usageProblem({
      code: 'NO_CODE',
      what: `there is no check ${word.trim()}${guess === null ? '' : `; did you mean ${guess}?`}`,
      next: 'pod-iam explain lists them all',
    });
  });
}

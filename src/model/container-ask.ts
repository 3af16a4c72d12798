// How the containers of a pod ask for credentials: at the metadata address, as every SDK does untold, or
// by a token at the container credentials endpoint of their node, as two variables tell it.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
import { CONTAINER_IPV4, CONTAINER_IPV6 } from './container-credentials.ts';
import type { ContainerFact, PodTemplateFact, TokenFact } from './snapshot.ts';

export type Source = 'imds' | 'container';

export interface ContainerAsk {
  /** As AWS_CONTAINER_CREDENTIALS_FULL_URI has it. */
  url: string;
  /** What is sent along. `other`: none that another pod can be given too, and why. */
  token: ({ kind: 'projected' } & TokenFact) | { kind: 'none' } | { kind: 'other'; why: string };
}

export interface Asking {
  /** Of its lasting containers, in the order of an SDK's chain; without any it is the metadata address. */
  sources: Source[];
  /** How those ask that ask by a token; null when none does. */
  ask: ContainerAsk | null;
}

/** Where the SDKs of a pod ask for credentials, by the variables and volumes of its containers. */
export function readAsking(template: PodTemplateFact): Asking {
  const lasting = template.containers.filter(({ kind }) => kind === 'container');
  const asks = lasting.flatMap((container) => askOf(container, template) ?? []);
  const [ask = null] = asks;
  if (ask === null) return { sources: ['imds'], ask };
  const sources: Source[] = asks.length < lasting.length ? ['container', 'imds'] : ['container'];
  const isOne = asks.every((one) => keyOf(one) === keyOf(ask));
  const why = 'its containers ask with different tokens, or at different addresses';
  return { sources, ask: isOne ? ask : { ...ask, token: { kind: 'other', why } } };
}

/** The first wins: https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html */
export const URI_VARIABLES = [
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
] as const;

export const isNodeEndpoint = (url: string): boolean => endpoint.test(url);

/** Over plain http no SDK asks another address of the node; whatever is behind it, our daemon or EKS's agent. */
const endpoint = new RegExp(
  `^http://(?:${[CONTAINER_IPV4, `[${CONTAINER_IPV6}]`].map((host) => host.replace(/[.[\]]/g, '\\$&')).join('|')})(?::80)?/[\\w./-]*$`,
);

function askOf(container: ContainerFact, template: PodTemplateFact): ContainerAsk | null {
  const variable = (name: string) => container.env.find((entry) => entry.name === name);
  const found = URI_VARIABLES.map(variable).find(Boolean);
  if (!found) return null;
  const url = found.value ?? '';
  if (!isNodeEndpoint(url))
    return { url, token: { kind: 'other', why: `${found.name} leads its SDKs to credentials of its own` } };
  const file = variable('AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE');
  if (file) return { url, token: tokenAt(file.value, container, template) };
  const isGiven = variable('AWS_CONTAINER_AUTHORIZATION_TOKEN') !== undefined;
  return {
    url,
    token: isGiven ? { kind: 'other', why: 'its token is the value of a variable' } : { kind: 'none' },
  };
}

function tokenAt(
  file: string | null,
  { mounts }: ContainerFact,
  { tokens = [] }: PodTemplateFact,
): ContainerAsk['token'] {
  const found = tokens.find(({ volume, path }) =>
    mounts.some((mount) => mount.name === volume && `${mount.path.replace(/\/+$/, '')}/${path}` === file),
  );
  if (found) return { kind: 'projected', ...found };
  return { kind: 'other', why: `its token file ${file ?? 'is named elsewhere and'} is no projected token` };
}

const keyOf = ({ url, token }: ContainerAsk): string =>
  JSON.stringify([url, token.kind === 'projected' ? token.audience : token]);

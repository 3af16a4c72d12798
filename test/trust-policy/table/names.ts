// Names such as `@node` in the tables stand for ARNs, so that a row fits on a line.
import { readdirSync, readFileSync } from 'node:fs';

const HOME = '111122223333';
const AWAY = '444455556666';
const iam = (rest: string, account = HOME): string => `arn:aws:iam::${account}:${rest}`;
const issuer = 'oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE';

const NAMES: Readonly<Record<string, string>> = {
  home: HOME,
  away: AWAY,
  root: iam('root'),
  node: iam('role/node'),
  'team-node': iam('role/team/node'),
  'deep-node': iam('role/team/blue/node'),
  other: iam('role/other'),
  app: iam('role/app'),
  'service-role': iam('role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX'),
  user: iam('user/team/ann'),
  user2: iam('user/ann'),
  fed: `arn:aws:sts::${HOME}:federated-user/ann`,
  session: `arn:aws:sts::${HOME}:assumed-role/node/i-0abc`,
  session2: `arn:aws:sts::${HOME}:assumed-role/node/i-0def`,
  'away-node': iam('role/node', AWAY),
  'away-app': iam('role/app', AWAY),
  'cn-node': `arn:aws-cn:iam::${HOME}:role/node`,
  issuer,
  oidc: iam(`oidc-provider/${issuer}`),
  oidc2: iam(`oidc-provider/${issuer}2`),
  github: iam('oidc-provider/token.actions.githubusercontent.com'),
  saml: iam('saml-provider/okta'),
  saml2: iam('saml-provider/other'),
};

/** Fills in the names in a text; longer names first, so that `@issuer2` is `@issuer` and a 2. */
const inFull = (text: string): string => text.replace(PATTERN, (_, name: string) => NAMES[name]!);

const PATTERN = new RegExp(
  `@(${Object.keys(NAMES)
    .sort((a, b) => b.length - a.length)
    .join('|')})`,
  'g',
);

/** All files of a folder beside this one, by their name without `.json`, with names filled in. */
export function readTables<T>(folder: string): [theme: string, table: T][] {
  const url = new URL(`${folder}/`, import.meta.url);
  return readdirSync(url)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => [file.slice(0, -5), JSON.parse(inFull(readFileSync(new URL(file, url), 'utf8'))) as T]);
}

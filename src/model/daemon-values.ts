// What a value of a daemon flag must look like, so that a typo is told before anything listens.
import { isIP } from 'node:net';
import { allowPathsFault } from './allow-paths.ts';
import { normaliseBaseArn, resolveRole } from './arn.ts';
import { parseDuration } from './duration.ts';

/** Values by flag name; null is: not set. */
export type DaemonValues = Readonly<Record<string, string | boolean | null>>;

const ports = (value: string): string | null =>
  /^\d{1,5}$/.test(value) && Number(value) <= 65_535 ? null : 'must be a port (0 to 65535)';
/** Of a node with both families: `10.0.0.7,2001:db8::7`. */
const addresses = (value: string): string | null => {
  const families = value.split(',').map((entry) => isIP(entry));
  const isFine = !families.includes(0) && new Set(families).size === families.length;
  return isFine ? null : 'must be an IP address, or one of each family with a comma between';
};
const notEmpty = (value: string): string | null => (value === '' ? 'must not be empty' : null);
const url = (value: string): string | null =>
  /^https?:\/\/[^/]/.test(value) && URL.canParse(value) ? null : 'must be an http or https URL';

function duration(minMs: number, maxMs: number, range: string): (value: string) => string | null {
  return (value) => {
    const ms = parseDuration(value);
    return ms !== null && ms >= minMs && ms <= maxMs ? null : `must be a duration of ${range}`;
  };
}

const rules: Record<string, (value: string) => string | null> = {
  'app-port': ports,
  bind: addresses,
  // Without an address it would be all of them, and pods must not reach it.
  'admin-addr': (value) => (splitHostPort(value)?.host ? null : 'must be ADDRESS:PORT'),
  // A URL or a pattern is the header of no request.
  'allowed-hosts': (value) =>
    value.split(',').every((entry) => /^[\w.:[\]-]*$/.test(entry.trim()))
      ? null
      : 'must be Host headers with commas between, such as metadata.example,10.0.0.7:8181',
  'host-ip': addresses,
  'host-interface': (value) =>
    /^!?[\w.@-]{1,15}\+?$/.test(value) ? null : 'must name an interface, such as cni0, veth+ or !eth0',
  'fence-exempt-users': (value) =>
    /^\d{1,10}(?:,\d{1,10})*$/.test(value) ? null : 'must be user ids with commas between',
  'metadata-addr': (value) =>
    isIP(value) || splitHostPort(value) || /^[\w.-]+$/.test(value) ? null : 'must be HOST or HOST:PORT',
  node: notEmpty,
  'state-dir': notEmpty,
  // https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
  'startup-taint': (value) =>
    /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?$/.test(value)
      ? null
      : 'must be the key of a taint, such as pod-iam.dev/agent-not-ready',
  'iam-role-key': notEmpty,
  'namespace-key': notEmpty,
  'container-credentials-audience': notEmpty,
  'api-server': url,
  'sts-endpoint': url,
  'base-role-arn': (value) =>
    normaliseBaseArn(value)
      ? null
      : 'must be the front of role ARNs, such as arn:aws:iam::111122223333:role/',
  // A base ARN may still be found out.
  'default-role': (value) => {
    const resolved = resolveRole(value, 'arn:aws:iam::111122223333:role/');
    return resolved.ok ? null : `must be a role's name, path/name or ARN (${resolved.why})`;
  },
  // Also of the European Sovereign Cloud: eusc-de-east-1.
  region: (value) =>
    /^[a-z]{2,5}(?:-[a-z]+)+-\d+$/.test(value) ? null : 'must be a region such as eu-west-1',
  // STS: 900 s at least, 43200 s at most.
  // https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
  'session-duration': duration(900_000, 43_200_000, '15m to 12h'),
  'allow-paths': allowPathsFault,
  'pod-wait': duration(0, 10_000, '0 to 10s'),
  'session-name': (value) => {
    const unknown = [...value.matchAll(/\{([^}]*)\}/g)].find(
      ([, field]) => !['namespace', 'pod', 'uid', 'node', 'role'].includes(field!),
    );
    if (unknown)
      return `must be made of {namespace}, {pod}, {uid}, {node} and {role} (${unknown[0]} is none of them)`;
    return notEmpty(value);
  },
};

/** What a flag's value must be and is not; null when it is fine. */
export function valueFault(name: string, value: string): string | null {
  return rules[name]?.(value) ?? null;
}

/** Splits `1.2.3.4:80`, `[::1]:80` and `name:80`; null when there is no port. */
export function splitHostPort(text: string): { host: string; port: number } | null {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  if (!match) return null;
  const port = Number(match[3]);
  return port > 65_535 ? null : { host: match[1] ?? match[2] ?? '', port };
}

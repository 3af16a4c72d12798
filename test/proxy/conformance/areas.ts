// All areas of the conformance table, in reading order.
import { bypasses } from './bypass.ts';
import type { Area } from './case.ts';
import { changes } from './changes.ts';
import { cache, endpoints, events, healths } from './credentials.ts';
import { containers, roleFormats } from './docker.ts';
import { documents } from './document.ts';
import { containerCredentials } from './eks-agent.ts';
import { listing } from './listing.ts';
import { globs, lists, permitted, regexps } from './namespaces.ts';
import { others } from './paths.ts';
import { addresses, pods } from './pods.ts';
import { redirects } from './redirect.ts';
import { callers, methods } from './requests.ts';
import { arns, bases, selection } from './roles.ts';
import { sessions } from './sessions.ts';
import { tokens } from './tokens.ts';
import { wires } from './wire.ts';

export const AREAS: readonly Area[] = [
  ...[arns, bases, selection, globs, regexps, lists, permitted, sessions],
  ...[pods, addresses, changes, listing, documents, tokens, others, methods, callers, wires, bypasses],
  containerCredentials,
  ...[cache, endpoints, healths, redirects, events, roleFormats, containers],
];

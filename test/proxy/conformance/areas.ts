// All areas of the conformance table, in reading order.
import { bases } from './bases.ts';
import { bypasses } from './bypass.ts';
import type { Area } from './case.ts';
import { changes } from './changes.ts';
import { cache, requests } from './credentials.ts';
import { containers, roleFormats } from './docker.ts';
import { documents } from './document.ts';
import { documentForm } from './document-form.ts';
import { containerCredentials } from './eks-agent.ts';
import { endpoints } from './endpoints.ts';
import { listing } from './listing.ts';
import { globs, lists, permitted, regexps } from './namespaces.ts';
import { others } from './paths.ts';
import { addresses, pods } from './pods.ts';
import { redirects } from './redirect.ts';
import { callers, methods } from './requests.ts';
import { arns, selection } from './roles.ts';
import { sessions } from './sessions.ts';
import { tokens } from './tokens.ts';
import { events, healths } from './told.ts';
import { wires } from './wire.ts';

export const AREAS: readonly Area[] = [
  ...[arns, bases, selection, globs, regexps, lists, permitted, sessions],
  ...[
    pods,
    addresses,
    changes,
    listing,
    documents,
    documentForm,
    tokens,
    others,
    methods,
    callers,
    wires,
    bypasses,
  ],
  containerCredentials,
  ...[cache, requests, endpoints, healths, redirects, events, roleFormats, containers],
];

// The order in which a request is judged: its host, its path, its method, its token; then the route.
import type { Ask, Parts } from '../parts.ts';
import { type Answer, noHost, notFound, tokenNeeded, wrongHost, wrongMethod } from '../reply.ts';
import { type Soon, whenKnown } from '../soon.ts';
import { answerCanary } from './canary.ts';
import { answerContainer, isForContainer } from './container.ts';
import { answerDocument } from './document.ts';
import { hostCheck } from './host.ts';
import { answerInfo } from './info.ts';
import { answerListing } from './listing.ts';
import { passThrough } from './pass-through.ts';
import { readTarget, type Target } from './target.ts';
import { answerToken } from './token.ts';
import { tellTurnedAway } from './turned-away.ts';

export interface Routed {
  /** For the metrics. */
  route: Target['kind'];
  answer: Answer;
}

/** What can be answered without a wait is answered at once. */
export function router(parts: Parts): (ask: Ask) => Soon<Routed> {
  const { metadataHost, metadataPort, allowedHosts } = parts.settings;
  const isOwnHost = hostCheck(metadataPort === 80 ? metadataHost : null, allowedHosts);
  return (ask) => {
    const asked = readTarget(ask.requestLine);
    const { authority, target } = asked;
    if (parts.container && isForContainer(ask, asked))
      return answerContainer(ask, asked, parts.container, parts).then((answer) => ({
        route: 'container',
        answer,
      }));
    const host = ask.header('host');
    if (host === undefined) return { route: target.kind, answer: noHost() };
    const isRight = isOwnHost(host) && (authority === null || isOwnHost(authority));
    if (!isRight) {
      tellTurnedAway(ask, parts, 'foreignHost');
      return { route: target.kind, answer: wrongHost() };
    }
    return whenKnown(answer(ask, target, parts), (answer) => ({ route: target.kind, answer }));
  };
}

function answer(ask: Ask, target: Target, parts: Parts): Soon<Answer> {
  if (target.kind === 'token') return answerToken(ask, parts);
  if (target.kind === 'container') return notFound('no such path');
  if (ask.method !== 'GET' && ask.method !== 'HEAD') {
    return target.kind === 'nothing' ? notFound(target.why) : wrongMethod('GET, HEAD');
  }
  if (target.kind === 'canary') return answerCanary(ask, parts);
  if (!hasToken(ask, parts)) return refuseWithoutToken(ask, target, parts);
  switch (target.kind) {
    case 'listing':
      return answerListing(ask, parts);
    case 'document':
      return answerDocument(ask, target.role, parts);
    case 'info':
      return answerInfo(ask, parts);
    case 'metadata':
      return passThrough(target, parts);
    case 'nothing':
      return notFound(target.why);
  }
}

function refuseWithoutToken(ask: Ask, { kind }: Target, parts: Parts): Answer {
  const wantsRole = kind === 'listing' || kind === 'document';
  const hasNone = ask.header('x-aws-ec2-metadata-token') === undefined;
  if (wantsRole) tellTurnedAway(ask, parts, hasNone ? 'noToken' : 'badToken');
  return tokenNeeded();
}

/** A token that is given must be good, even where none is required; so does EC2. */
function hasToken(ask: Ask, { tokens, settings }: Parts): boolean {
  const token = ask.header('x-aws-ec2-metadata-token');
  if (token === undefined) return !settings.tokensRequired;
  return tokens.accepts(token, ask.address);
}

// PUT /latest/api/token: a session token, at once. It waits for nothing: some SDKs give up for good
// when this takes a second.
import type { Ask, Parts } from '../parts.ts';
import { type Answer, badTtl, forwardedFor, text, wrongMethod } from '../reply.ts';
import { readTtl } from '../tokens/session-tokens.ts';
import { tellTurnedAway } from './turned-away.ts';

export function answerToken(ask: Ask, parts: Parts): Answer {
  if (ask.method !== 'PUT') return wrongMethod('PUT');
  // As EC2: such a request came through somebody else's open proxy.
  if (ask.header('x-forwarded-for') !== undefined) {
    tellTurnedAway(ask, parts, 'forwarded');
    return forwardedFor();
  }
  const ttl = readTtl(ask.header('x-aws-ec2-metadata-token-ttl-seconds'));
  if (ttl === null) return badTtl();
  return text(parts.tokens.issue(ask.address, ttl), {
    'X-Aws-Ec2-Metadata-Token-Ttl-Seconds': String(ttl),
  });
}

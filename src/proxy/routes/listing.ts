// The listing: the one role of the pod, without a newline (some SDKs crash on it).
import type { Ask, Parts } from '../parts.ts';
import { type Answer, text } from '../reply.ts';
import { type Soon, whenKnown } from '../soon.ts';
import { findCaller } from './caller.ts';

export function answerListing(ask: Ask, parts: Parts): Soon<Answer> {
  return whenKnown(findCaller(ask, parts), ({ caller, answer }) => (caller ? text(caller.listed) : answer));
}

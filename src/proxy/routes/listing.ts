// The listing: the one role of the pod, without a newline (some SDKs crash on it).
import type { Ask, Parts } from '../parts.ts';
import { type Answer, text } from '../reply.ts';
import { findCaller } from './caller.ts';

export async function answerListing(ask: Ask, parts: Parts): Promise<Answer> {
  const { caller, answer } = await findCaller(ask, parts);
  return caller ? text(caller.listed) : answer;
}

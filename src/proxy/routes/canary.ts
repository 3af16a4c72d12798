// The path that only this daemon answers: what a pod gets here shows whose hands its metadata
// requests are in. It waits for nothing and tells only what the caller may know of itself.
import type { Ask, Parts } from '../parts.ts';
import { type Answer, json } from '../reply.ts';
import { VERSION } from '../version.ts';
import { nameOf } from '../who/pod-record.ts';

export function answerCanary(ask: Ask, parts: Parts): Answer {
  const pod = parts.pods.at(ask.address);
  return json({
    'pod-iam': true,
    version: VERSION,
    node: parts.settings.node,
    caller: pod && { address: ask.address, ...nameOf(pod) },
    role: pod && (parts.assign(pod).identity?.roleArn ?? null),
  });
}

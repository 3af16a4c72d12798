// The harmless paths, passed to the real service with the daemon's own token and none of the
// caller's headers. What the allow-list does not name does not exist here.
import { globMatches } from '../../model/pattern.ts';
import { messageOf } from '../log.ts';
import type { Parts } from '../parts.ts';
import { type Answer, notFound, refusal } from '../reply.ts';

const PASSED_HEADERS = ['Content-Type', 'Last-Modified', 'Location'];

/** @param target path and name as routes/target.ts has judged them */
export async function passThrough(target: { path: string; name: string }, parts: Parts): Promise<Answer> {
  if (!isAllowed(target.name, parts.settings.allowPaths)) return notFound('this path is not passed through');
  try {
    const answer = await parts.imds.get(target.path);
    // It is the daemon's token that is refused; the pod would take it for its own, and ask for another.
    if (answer.status === 401)
      return refusal(503, 'MetadataUnavailable', "the instance metadata service refuses the daemon's token");
    const headers: Record<string, string> = {};
    for (const name of PASSED_HEADERS) {
      const value = answer.headers[name.toLowerCase()];
      if (typeof value === 'string') headers[name] = value;
    }
    return { status: answer.status, headers, body: answer.body };
  } catch (error) {
    return refusal(503, 'MetadataUnavailable', messageOf(error));
  }
}

/** User data often holds secrets: a pattern passes it only if it names it. */
export function isAllowed(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => {
    if (/^user-data/i.test(name) && !pattern.startsWith('user-data')) return false;
    return (
      globMatches(pattern, name) ||
      globMatches(pattern, `${name}/`) ||
      globMatches(pattern.replace(/\/$/, ''), name)
    );
  });
}

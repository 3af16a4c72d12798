// A fact that could not be read: why, and the permission that would make it known.
import { type Fact, unknownFact } from '../../model/snapshot.ts';
import { ForbiddenProblem } from '../refusals.ts';

/** @param from how it should have been read: `list pods` */
export function unreadFact(error: unknown, from: string): Fact<never> {
  const grant = error instanceof ForbiddenProblem ? error.grant : null;
  const { message, why } = error as Error & { why?: string };
  return unknownFact(why ? `${message} (${why})` : message, from, grant);
}

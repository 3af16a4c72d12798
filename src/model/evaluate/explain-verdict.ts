// Puts a verdict into one sentence, with what is missing.
import { isAllow, type StatementMatch, type Verdict } from './verdict.ts';

/** What was asked, in the words of the sentence. */
export interface Asked {
  caller: string;
  action: string;
  /** Null when it is not known. */
  role: string | null;
}

export interface Explained {
  decision: 'allow' | 'deny' | 'unknown';
  because: string;
  needs: string[];
}

/** The verdict in one sentence, by the statement or the want of one that decided it; `needs` is what would make it sure. */
export function explainVerdict(verdict: Verdict, asked: Asked): Explained {
  if (verdict.decision === 'unknown') return explainUnknown(verdict, asked);
  return verdict.decision ? explainAllow(verdict) : explainDeny(verdict, asked);
}

function explainAllow({ matches, isCrossAccount, route }: Verdict): Explained {
  const by = matches.find((match) => isAllow(match) && match.matched === true && match.route === route)!;
  const tail = isCrossAccount || route === 'account' ? ", and the caller's own policies allow it" : '';
  return { decision: 'allow', because: `${nameOf(by)} allows it: ${by.why}${tail}`, needs: [] };
}

function explainDeny(verdict: Verdict, asked: Asked): Explained {
  const { matches, side } = verdict;
  const deny = (because: string, needs: string[] = []): Explained => ({ decision: 'deny', because, needs });
  const denying = matches.find((match) => !isAllow(match) && match.matched === true);
  if (denying) return deny(`${nameOf(denying)} denies it, and a Deny wins: ${denying.why}`);
  const own = kinds.find((kind) => side[kind].denies === true);
  if (own) return deny(`a Deny in ${NAMES[own]} matches, and a Deny wins`);
  if (!matches.some((match) => isAllow(match) && match.matched !== false))
    return deny(refusal(matches, asked));
  return deny(
    missing(verdict),
    gapsOf(verdict).map((kind) => grants[kind](asked)),
  );
}

function explainUnknown(verdict: Verdict, asked: Asked): Explained {
  const { matches, side } = verdict;
  const open = matches.filter((match) => match.needs.length > 0);
  const needs = [
    ...open.flatMap((match) => match.needs),
    ...limitsOf(verdict).flatMap((kind) => side[kind].allowNeeds),
    ...kinds.flatMap((kind) => side[kind].denyNeeds),
    ...gapsOf(verdict).map((kind) => grants[kind](asked)),
  ];
  const by = open.find((match) => !isAllow(match)) ?? open[0];
  const because = by
    ? `${nameOf(by)} ${isAllow(by) ? 'allows' : 'may deny'} it only under what is not known here: ${by.why}`
    : `${NAMES[firstOpen(verdict)]} ${firstOpen(verdict) === 'boundary' ? 'hangs' : 'hang'} on what is not known here`;
  return { decision: 'unknown', because, needs: [...new Set(needs)] };
}

type Kind = 'identity' | 'boundary' | 'session';

const kinds: readonly Kind[] = ['identity', 'boundary', 'session'];

const NAMES: Record<Kind, string> = {
  identity: "the caller's own policies",
  boundary: "the caller's permissions boundary",
  session: "the caller's session policies",
};

const grants: Record<Kind, (asked: Asked) => string> = {
  identity: ({ action, role }) => `a policy of the caller that allows ${action} on ${role ?? 'the role'}`,
  boundary: ({ action, role }) =>
    `a permissions boundary of the caller that allows ${action} on ${role ?? 'the role'}`,
  session: ({ action, role }) =>
    `a session of the caller whose session policies allow ${action} on ${role ?? 'the role'}`,
};

/** The kinds of policies that must allow it besides the trust policy, by the strongest way in. */
function limitsOf({ matches, isCrossAccount }: Verdict): readonly Kind[] {
  const allows = matches.filter(isAllow);
  if (isCrossAccount) return kinds;
  if (allows.some(({ direct }) => direct !== false)) return [];
  return allows.some(({ asRole }) => asRole !== false) ? ['boundary', 'session'] : kinds;
}

/** Those of them that do not. */
const gapsOf = (verdict: Verdict): Kind[] =>
  limitsOf(verdict).filter((kind) => verdict.side[kind].allows === false);

const firstOpen = ({ side }: Verdict): Kind =>
  kinds.find((kind) => side[kind].denies === 'unknown') ??
  kinds.find((kind) => side[kind].allows === 'unknown') ??
  'identity';

function missing(verdict: Verdict): string {
  const [gap] = gapsOf(verdict);
  const doNot = gap === 'boundary' ? `${NAMES.boundary} does not` : `${NAMES[gap ?? 'identity']} do not`;
  if (verdict.isCrossAccount)
    return `the role is in another account, so both sides must allow it, and ${doNot}`;
  return limitsOf(verdict).includes('identity')
    ? `the trust policy only delegates to the caller's account, and ${doNot} allow it`
    : `the trust policy names the caller's role, which has no more than its permissions boundary and session policies leave it, and ${doNot} allow it`;
}

function refusal(matches: readonly StatementMatch[], { caller, action }: Asked): string {
  const allows = matches.filter(isAllow);
  if (allows.length === 0) return 'no statement allows anything';
  if (allows.length === 1) return `${nameOf(allows[0]!)} does not match: ${allows[0]!.why}`;
  const near = allows.find(({ why }) => why.includes(', but ')) ?? null;
  const tail = near ? `; the nearest is ${nameOf(near)}: ${near.why}` : '';
  return `none of the ${allows.length} statements that allow something matches ${caller} and ${action}${tail}`;
}

const nameOf = ({ statement: { index, sid } }: StatementMatch): string =>
  sid?.text ? `statement ${index} (${sid.text})` : `statement ${index}`;

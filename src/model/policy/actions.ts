// The actions that a trust policy can speak of, and how action patterns match.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
import type { Statement } from './types.ts';
import { wildcardMatches } from './wildcard.ts';

/** How a caller becomes a role. */
export const ASSUME_ACTIONS = [
  'sts:AssumeRole',
  'sts:AssumeRoleWithWebIdentity',
  'sts:AssumeRoleWithSAML',
] as const;

/** All that IAM takes in a trust policy; the last three go with an assumption and grant none. */
export const TRUST_ACTIONS = [
  ...ASSUME_ACTIONS,
  'sts:TagSession',
  'sts:SetSourceIdentity',
  'sts:SetContext',
] as const;

export type TrustAction = (typeof TRUST_ACTIONS)[number];

/** Whether an action such as `sts:AssumeRole` is covered by a pattern; case does not matter. */
export function actionMatches(pattern: string, action: string): boolean {
  return wildcardMatches(pattern.toLowerCase(), action.toLowerCase());
}

/** Whether a statement's Action or NotAction covers an action such as `sts:AssumeRole`. */
export const coversAction = (
  { actions, exceptActions }: Pick<Statement, 'actions' | 'exceptActions'>,
  action: string,
): boolean => actions.some(({ text }) => actionMatches(text, action)) !== exceptActions;

/** The trust actions that a pattern covers. */
export const trustActionsOf = (pattern: string): TrustAction[] =>
  TRUST_ACTIONS.filter((action) => actionMatches(pattern, action));

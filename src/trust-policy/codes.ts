// All rules of `trust-policy check`, in the order of their codes: the programme at a glance.
import type { Rule } from './rule.ts';
import { actionRules } from './rules/actions.ts';
import { callerRules } from './rules/caller.ts';
import { clusterRules } from './rules/clusters.ts';
import { conditionRules } from './rules/conditions.ts';
import { documentRules } from './rules/document.ts';
import { guardRules } from './rules/guards.ts';
import { liveRules } from './rules/live.ts';
import { oidcRules } from './rules/oidc.ts';
import { ownSideRules } from './rules/own-side.ts';
import { placeholderRules } from './rules/placeholders.ts';
import { principalArnRules } from './rules/principal-arns.ts';
import { principalRules } from './rules/principals.ts';
import { publicRules } from './rules/public.ts';
import { reachRules } from './rules/reach.ts';
import { reachableRules } from './rules/reachable.ts';
import { requestRules } from './rules/request.ts';
import { serviceRules } from './rules/services.ts';
import { sharedIssuerRules } from './rules/shared-issuers.ts';
import { subjectRules } from './rules/subjects.ts';

export const RULES: readonly Rule[] = [
  ...documentRules,
  ...principalRules,
  ...principalArnRules,
  ...placeholderRules,
  ...publicRules,
  ...actionRules,
  ...conditionRules,
  ...reachRules,
  ...oidcRules,
  ...subjectRules,
  ...clusterRules,
  ...sharedIssuerRules,
  ...serviceRules,
  ...guardRules,
  ...callerRules,
  ...ownSideRules,
  ...reachableRules,
  ...requestRules,
  ...liveRules,
].sort((a, b) => (a.code < b.code ? -1 : 1));

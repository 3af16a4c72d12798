// Which role may this pod have, and why. The daemon serves by this function, and the doctor predicts
// with it, so that the two can never disagree.

import { type Annotations, readRoleAnnotation } from './annotations.ts';
import { type RoleArn, type RoleResolution, resolveRole } from './arn.ts';
import { expandAccount } from './docker-role.ts';
import { EXTERNAL_ID_FORM, isExternalId } from './identifiers.ts';
import { permitRole } from './permits.ts';
import type { RoleSettings } from './snapshot.ts';

/** Metadata requests are known by their address, container credentials by a service account token. */
export type KnownBy = 'address' | 'token';

export interface RoleRequest {
  annotations: Annotations;
  hostNetwork: boolean;
  /** How the caller was tied to the pod: `address` unless said otherwise. */
  knownBy?: KnownBy;
  /** Annotations of the pod's namespace; null when they are not known. */
  namespace: Annotations | null;
  /** What asks, in sentences; a pod unless said otherwise. */
  noun?: 'pod' | 'container';
}

export interface Refusal {
  /** The catalogue's code that names this cause. */
  code: 'LK001' | 'AN002' | 'AN003' | 'AN004' | 'AN013' | 'TP041';
  why: string;
  /** No role at all answers 404; a role that is not allowed answers 403. */
  kind: 'no-role' | 'not-allowed';
}

export interface GrantedRole {
  arn: RoleArn;
  externalId: string | null;
  origin: 'annotation' | 'default';
}

export type Decision =
  | { role: GrantedRole; refusal: null; reasons: string[] }
  | { role: null; refusal: Refusal; reasons: string[] };

export const DEFAULT_SETTINGS: RoleSettings = {
  roleKey: 'iam.amazonaws.com/role',
  externalIdKey: 'iam.amazonaws.com/external-id',
  baseRoleArn: null,
  defaultRole: null,
  namespaceRestrictions: false,
  namespaceKey: 'iam.amazonaws.com/allowed-roles',
  permitFormat: 'glob',
  legacyRegexp: false,
};

/** Decides from a pod's own facts; the caller has been tied to the pod before. */
export function decideRole(request: RoleRequest, settings: RoleSettings): Decision {
  const reasons: string[] = [];
  const refuse = (code: Refusal['code'], kind: Refusal['kind'], why: string): Decision => {
    reasons.push(why);
    return { role: null, refusal: { code, kind, why }, reasons };
  };

  const noun = request.noun ?? 'pod';
  if (request.hostNetwork && request.knownBy !== 'token') {
    return refuse(
      'AN004',
      'no-role',
      `the ${noun} uses its ${noun === 'pod' ? 'node' : 'host'}'s network, so its address does not tell it apart`,
    );
  }
  const annotation = readRoleAnnotation(request.annotations, settings.roleKey);
  if (annotation.state === 'blank')
    return refuse('AN002', 'no-role', `the ${noun}'s ${settings.roleKey} is blank, which is no role`);
  const lacks = `the ${noun} has no ${noun === 'pod' ? 'annotation ' : ''}${settings.roleKey}`;
  if (annotation.state === 'absent' && settings.defaultRole === null)
    return refuse('LK001', 'no-role', `${lacks}, and there is no default role`);
  const origin = annotation.state === 'set' ? 'annotation' : 'default';
  const value = annotation.state === 'set' ? annotation.value : settings.defaultRole!;
  const resolved = resolveWith(settings, value);
  if (!resolved.ok) {
    const named =
      origin === 'annotation'
        ? `the ${noun}'s ${settings.roleKey} names no role`
        : 'the default role is no role';
    return refuse('AN002', 'no-role', `${named}: ${resolved.why}`);
  }
  reasons.push(
    origin === 'annotation'
      ? `the ${noun}'s ${settings.roleKey} is "${value}", that is ${resolved.role.arn}`
      : `${lacks}, so it gets the default role ${resolved.role.arn}`,
  );

  // kube2iam's rule, kept: the default role was allowed to every namespace by whoever set it.
  const isDefault = origin === 'default' || resolved.role.arn === defaultArn(settings);
  if (settings.namespaceRestrictions && !isDefault) {
    if (request.namespace === null)
      return refuse('AN003', 'not-allowed', "the namespace's annotations are not known yet");
    const permit = permitRole(resolved.role.arn, request.namespace, settings);
    if (!permit.allowed) return refuse(permit.code ?? 'AN003', 'not-allowed', permit.why);
    reasons.push(permit.why);
  }

  // A blank one is as none: a role that asks for an external id refuses it by itself.
  const given = request.annotations[settings.externalIdKey] ?? '';
  const externalId = given.trim() === '' ? null : given;
  if (externalId !== null && !isExternalId(externalId)) {
    return refuse(
      'TP041',
      'not-allowed',
      `the ${noun}'s ${settings.externalIdKey} is not an external id (${EXTERNAL_ID_FORM})`,
    );
  }
  return { role: { arn: resolved.role, externalId, origin }, refusal: null, reasons };
}

/** The role that a value names: what an annotation or variable says, or what a caller asks for by a path. */
export function resolveWith({ accounts, baseRoleArn }: RoleSettings, value: string): RoleResolution {
  const expanded = accounts ? expandAccount(value, accounts) : { ok: true as const, value };
  return expanded.ok ? resolveRole(expanded.value, baseRoleArn) : expanded;
}

function defaultArn(settings: RoleSettings): string | null {
  if (settings.defaultRole === null) return null;
  const resolved = resolveWith(settings, settings.defaultRole);
  return resolved.ok ? resolved.role.arn : null;
}

// The whole programme of doctor and verify at a glance, in order of dependency. A code is never reused.
// What can be said of a trust policy's text alone is trust-policy's own.
import type { Check } from '../model/check.ts';
import { run as AN001 } from './AN001.ts';
import { run as AN002 } from './AN002.ts';
import { run as AN003 } from './AN003.ts';
import { run as AN004 } from './AN004.ts';
import { run as AN008 } from './AN008.ts';
import { run as AN010 } from './AN010.ts';
import { run as AN012 } from './AN012.ts';
import { run as AN013 } from './AN013.ts';
import { run as CR001 } from './CR001.ts';
import { run as CR002 } from './CR002.ts';
import { run as GR001 } from './GR001.ts';
import { run as GR002 } from './GR002.ts';
import { run as GR003 } from './GR003.ts';
import { run as GR004 } from './GR004.ts';
import { run as GR005 } from './GR005.ts';
import { run as GR006 } from './GR006.ts';
import { run as GR007 } from './GR007.ts';
import { run as GR008 } from './GR008.ts';
import { run as ID004 } from './ID004.ts';
import { run as ID008 } from './ID008.ts';
import { run as ID009 } from './ID009.ts';
import { run as ID010 } from './ID010.ts';
import { run as IN001 } from './IN001.ts';
import { run as IN002 } from './IN002.ts';
import { run as IN003 } from './IN003.ts';
import { run as IN005 } from './IN005.ts';
import { run as IN006 } from './IN006.ts';
import { run as IN008 } from './IN008.ts';
import { run as IN010 } from './IN010.ts';
import { run as LK001 } from './LK001.ts';
import { run as LK002 } from './LK002.ts';
import { run as LK004 } from './LK004.ts';
import { run as LK005 } from './LK005.ts';
import { run as LK013 } from './LK013.ts';
import { run as NW001 } from './NW001.ts';
import { run as NW004 } from './NW004.ts';
import { run as NW010 } from './NW010.ts';
import { run as NW013 } from './NW013.ts';
import { run as TP018 } from './TP018.ts';
import { TRUST_CHECKS } from './trust-rules.ts';

// biome-ignore format: one line per check, to be read as a table
export const CATALOGUE: readonly Check[] = [
  { code: 'IN001', title: 'a proxy is installed where workloads are annotated', severity: 'error', decidedBy: ['K'], after: [], run: IN001 },
  { code: 'IN002', title: 'the daemon is ready on every node with annotated pods', severity: 'error', decidedBy: ['K'], after: ['IN001'], run: IN002 },
  { code: 'IN003', title: "the daemon's rollout is complete", severity: 'warning', decidedBy: ['K'], after: ['IN001'], run: IN003 },
  { code: 'IN005', title: 'the daemon may read what it decides by', severity: 'error', decidedBy: ['K'], after: ['IN001'], isAudit: true, run: IN005 },
  { code: 'IN006', title: 'the daemon does not crash', severity: 'error', decidedBy: ['K'], after: ['IN001'], run: IN006 },
  { code: 'IN008', title: 'no pod starts on a node before its daemon is ready', severity: 'warning', decidedBy: ['K'], after: ['IN001'], isAudit: true, run: IN008 },
  { code: 'IN010', title: 'one credential proxy, not two', severity: 'error', decidedBy: ['K'], after: [], run: IN010 },
  { code: 'NW001', title: "pods' metadata requests reach the proxy", severity: 'error', decidedBy: ['A'], after: ['IN002'], run: NW001 },
  { code: 'NW004', title: 'no foreign rule comes before the redirect', severity: 'error', decidedBy: ['K', 'N'], after: ['IN002'], isAudit: true, run: NW004 },
  { code: 'NW010', title: 'session tokens are issued in time', severity: 'error', decidedBy: ['A'], after: ['IN002', 'NW001'], run: NW010 },
  { code: 'NW013', title: "the node keeps one pod's connections from the others", severity: 'warning', decidedBy: ['K', 'N'], after: ['IN002'], isAudit: true, run: NW013 },
  { code: 'AN001', title: 'the role annotation is on the pod template', severity: 'error', decidedBy: ['K', 'F'], after: [], run: AN001 },
  { code: 'AN002', title: 'the annotation names a role', severity: 'error', decidedBy: ['K', 'F'], after: [], run: AN002 },
  { code: 'AN003', title: 'the namespace allows the role', severity: 'error', decidedBy: ['K', 'F'], after: ['AN002'], run: AN003 },
  { code: 'AN004', title: 'annotated pods have their own address', severity: 'error', decidedBy: ['K', 'F'], after: [], run: AN004 },
  { code: 'AN008', title: 'pod and service account agree on the role', severity: 'error', decidedBy: ['K', 'F'], after: ['AN002'], run: AN008 },
  { code: 'AN010', title: 'the role exists', severity: 'error', decidedBy: ['I', 'A'], after: ['AN002'], run: AN010 },
  { code: 'AN012', title: 'annotation keys are spelt right', severity: 'warning', decidedBy: ['K', 'F'], after: [], run: AN012 },
  { code: 'AN013', title: "the namespace's allow-list can be read", severity: 'error', decidedBy: ['K', 'F'], after: [], run: AN013 },
  { code: 'TP018', title: 'the trust policy lets the node identity in', severity: 'error', decidedBy: ['I', 'A'], after: ['AN002', 'AN010'], run: TP018 },
  ...TRUST_CHECKS,
  { code: 'GR001', title: 'the node role may assume the roles in use', severity: 'error', decidedBy: ['I'], after: [], isAudit: true, run: GR001 },
  { code: 'GR002', title: 'the node role may not assume everything', severity: 'security', decidedBy: ['I'], after: [], isAudit: true, run: GR002 },
  { code: 'GR003', title: 'no boundary or organisation policy stands in the way', severity: 'error', decidedBy: ['I'], after: [], isAudit: true, run: GR003 },
  { code: 'GR004', title: 'the node role has no broad powers', severity: 'security', decidedBy: ['I'], after: [], isAudit: true, run: GR004 },
  { code: 'GR005', title: "instances' metadata is out of pods' reach", severity: 'security', decidedBy: ['I'], after: [], isAudit: true, run: GR005 },
  { code: 'GR006', title: 'sessions are no longer than the role allows', severity: 'error', decidedBy: ['I'], after: ['AN010'], isAudit: true, run: GR006 },
  { code: 'GR007', title: 'tags and source identity may be passed on', severity: 'error', decidedBy: ['I'], after: [], isAudit: true, run: GR007 },
  { code: 'GR008', title: 'roles trust the nodes of every group', severity: 'error', decidedBy: ['I'], after: ['AN010'], isAudit: true, run: GR008 },
  { code: 'ID004', title: 'no other container credentials win over the annotation', severity: 'warning', decidedBy: ['K', 'F'], after: ['AN002'], run: ID004 },
  { code: 'ID010', title: 'the workload gets credentials', severity: 'error', decidedBy: ['A'], after: ['IN002', 'AN002', 'AN003', 'AN004', 'AN010', 'TP018', 'NW001', 'NW010'], run: ID010 },
  { code: 'ID009', title: 'no workload comes out as its node', severity: 'security', decidedBy: ['A'], after: ['ID010'], run: ID009 },
  { code: 'ID008', title: 'the proven identity is the annotated role', severity: 'error', decidedBy: ['A'], after: ['ID010', 'ID009'], run: ID008 },
  { code: 'LK001', title: 'a pod without annotation gets nothing', severity: 'security', decidedBy: ['A'], after: ['IN002', 'NW001', 'NW010'], run: LK001 },
  { code: 'LK002', title: "another role's path is refused", severity: 'security', decidedBy: ['A'], after: ['ID010'], run: LK002 },
  { code: 'LK004', title: 'security-credentials-extended is refused', severity: 'security', decidedBy: ['A'], after: ['ID010'], run: LK004 },
  { code: 'LK005', title: 'iam/info and identity-credentials give nothing away', severity: 'security', decidedBy: ['A'], after: ['ID010'], run: LK005 },
  { code: 'LK013', title: 'container credentials are given for the own token alone', severity: 'security', decidedBy: ['A'], after: ['ID010'], run: LK013 },
  { code: 'CR001', title: 'the first credential comes within a second', severity: 'error', decidedBy: ['A'], after: ['ID010'], run: CR001 },
  { code: 'CR002', title: 'served credentials have 25 minutes left', severity: 'error', decidedBy: ['A'], after: ['ID010'], run: CR002 },
];

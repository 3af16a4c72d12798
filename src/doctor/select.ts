// Which workloads a run is about: by name (KIND/NAME), by namespace, by label selector.
import { usageProblem } from '../model/problem.ts';
import type { WorkloadFact } from '../model/snapshot.ts';

export interface Selection {
  /** `KIND/NAME`, kinds as kubectl takes them (deployment, deploy, …) or a bare name. */
  names: readonly string[];
  /** Null for all that were read. */
  namespace: string | null;
  /** As kubectl takes it, over the labels of the pod template; null for all. */
  selector: string | null;
}

/** The selected ones. Throws a usage Problem for a bad selector and for a name that matches nothing. */
export function selectWorkloads(workloads: readonly WorkloadFact[], selection: Selection): WorkloadFact[] {
  const matchers = selection.selector === null ? [] : parseSelector(selection.selector);
  const inScope = workloads.filter(
    ({ namespace, template }) =>
      (selection.namespace === null || namespace === selection.namespace) &&
      matchers.every((matches) => matches(template.labels)),
  );
  if (selection.names.length === 0) return inScope;
  const chosen = new Set<WorkloadFact>();
  for (const text of selection.names) {
    const found = inScope.filter((workload) => isNamed(workload, text));
    if (found.length === 0)
      throw usageProblem({
        code: 'NO_WORKLOAD',
        what: `there is no workload ${text}${selection.namespace === null ? '' : ` in the namespace ${selection.namespace}`}`,
        next: 'name it as KIND/NAME, such as Deployment/web, and its namespace with -n',
      });
    for (const workload of found) chosen.add(workload);
  }
  return [...chosen];
}

const SHORT_KINDS: Readonly<Record<string, string>> = {
  deploy: 'deployment',
  sts: 'statefulset',
  ds: 'daemonset',
  rs: 'replicaset',
  cj: 'cronjob',
  po: 'pod',
};

function isNamed(workload: WorkloadFact, text: string): boolean {
  const cut = text.lastIndexOf('/');
  if (cut < 0) return workload.name === text;
  const kind = text.slice(0, cut).toLowerCase();
  const whole = SHORT_KINDS[kind] ?? kind.replace(/s$/, '');
  return workload.kind.toLowerCase() === whole && workload.name === text.slice(cut + 1);
}

type Matcher = (labels: Readonly<Record<string, string>>) => boolean;

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors */
function parseSelector(text: string): Matcher[] {
  return text.split(/,(?![^(]*\))/).map((part): Matcher => {
    const term = part.trim();
    const set = /^([\w./-]+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(term);
    if (set) {
      const [, key = '', operator, list = ''] = set;
      const values = list.split(',').map((value) => value.trim());
      const isIn = operator === 'in';
      return (labels) => (key in labels && values.includes(labels[key]!)) === isIn;
    }
    const equal = /^([\w./-]+)\s*(==|=|!=)\s*([\w.-]*)$/.exec(term);
    if (equal) {
      const [, key = '', operator, value = ''] = equal;
      return (labels) => (labels[key] === value) === (operator !== '!=');
    }
    const exists = /^(!?)\s*([\w./-]+)$/.exec(term);
    if (exists) return (labels) => exists[2]! in labels === (exists[1] === '');
    throw usageProblem({
      code: 'USAGE',
      what: `"${term}" is no label selector`,
      next: '--selector app=web, or as kubectl takes it',
    });
  });
}

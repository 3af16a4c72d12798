// Reads the same facts from manifest files, with the line and pointer of each pod template, so that a
// finding can say where to edit.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileFault } from '../model/file-fault.ts';
import { type Problem, usageProblem } from '../model/problem.ts';
import type { NamespaceFact, ServiceAccountFact, WorkloadFact, WorkloadKind } from '../model/snapshot.ts';
import { TEMPLATE_PATHS, workloadFact } from './facts/workloads.ts';
import { namespaceFact, serviceAccountFact } from './gather.ts';
import type { KubeObject } from './kube.ts';

export interface FileFacts {
  workloads: WorkloadFact[];
  namespaces: NamespaceFact[];
  serviceAccounts: ServiceAccountFact[];
}

type Step = string | number;

interface Found {
  object: KubeObject;
  file: string;
  /** From the document's root to the object: empty, or into a List. */
  steps: Step[];
  /** 1-based line where a path below the object starts, that of its key; null when it is not there. */
  lineOf(path: readonly Step[]): number | null;
}

/**
 * YAML and JSON files, and folders of them (recursively); several documents per file and Lists are read.
 * @param namespace of objects that name none
 * @throws Problem of kind usage: NO_FILE, BAD_MANIFEST (with file and line), NO_OBJECTS
 */
export async function workloadsFromFiles(
  paths: readonly string[],
  namespace = 'default',
): Promise<FileFacts> {
  const found: Found[] = [];
  for (const file of paths.flatMap(filesAt)) found.push(...(await objectsIn(file)));
  if (found.length === 0) {
    throw usageProblem({
      code: 'NO_OBJECTS',
      what: `there is no Kubernetes object in ${paths.join(', ')}`,
      next: 'give YAML or JSON with apiVersion and kind: -f FILE, or -f DIR',
    });
  }
  for (const { object } of found) if (object.kind !== 'Namespace') object.metadata.namespace ??= namespace;
  const ofKind = (kind: string) =>
    found.filter(({ object }) => object.kind === kind).map(({ object }) => object);
  return {
    workloads: found.filter(({ object }) => object.kind in TEMPLATE_PATHS).map(workloadOf),
    namespaces: ofKind('Namespace').map(namespaceFact),
    serviceAccounts: ofKind('ServiceAccount').map(serviceAccountFact),
  };
}

function workloadOf({ object, file, steps, lineOf }: Found): WorkloadFact {
  const path = TEMPLATE_PATHS[object.kind as WorkloadKind];
  const templatePointer = [...steps, ...path].map((step) => `/${step}`).join('');
  return workloadFact(object, { file, line: lineOf(path), templatePointer });
}

function filesAt(path: string): string[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat)
    throw usageProblem({
      code: 'NO_FILE',
      what: `there is no file or folder ${path}`,
      next: 'give one that is there: -f FILE, or -f DIR',
    });
  if (!stat.isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ya?ml|json)$/.test(name))
    .sort()
    .map((name) => join(path, name));
}

async function objectsIn(file: string): Promise<Found[]> {
  const { LineCounter, isMap, isNode, isScalar, parseAllDocuments } = await import('yaml');
  const lines = new LineCounter();
  const documents = parseAllDocuments(readText(file), { lineCounter: lines });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => {
    const [fault] = document.errors;
    if (fault) throw badManifest(file, fault.linePos?.[0].line ?? 1, fault.message);
    const lineAt = (path: readonly Step[]): number | null => {
      const parent = document.getIn(path.slice(0, -1), true);
      const pair = isMap(parent)
        ? parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1))
        : undefined;
      const node = pair?.key ?? (path.length === 0 ? document.contents : document.getIn(path, true));
      const start = isNode(node) ? node.range?.[0] : undefined;
      return start === undefined ? null : lines.linePos(start).line;
    };
    return objectsOf(document.toJS(), []).map(({ object, steps }) => ({
      object,
      file,
      steps,
      lineOf: (path: readonly Step[]) => lineAt([...steps, ...path]),
    }));
  });
}

/** What is no Kubernetes object (values of a chart, other configuration) is passed over. */
function objectsOf(value: unknown, steps: Step[]): { object: KubeObject; steps: Step[] }[] {
  const object = value as KubeObject | null;
  if (typeof object !== 'object' || object === null || typeof object.kind !== 'string') return [];
  if (object.kind.endsWith('List') && Array.isArray(object.items))
    return object.items.flatMap((item, i) => objectsOf(item, [...steps, 'items', i]));
  if (typeof object.apiVersion !== 'string') return [];
  const named = { ...object, metadata: { ...object.metadata, name: object.metadata?.name ?? '' } };
  return [{ object: named, steps }];
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw usageProblem({
      code: 'NO_FILE',
      what: `${file} cannot be read`,
      why: fileFault(error),
      next: 'make it readable, or name the other files: -f FILE',
    });
  }
}

function badManifest(file: string, line: number, message: string): Problem {
  const isTemplate = /\{\{/.test(readText(file));
  return usageProblem({
    code: 'BAD_MANIFEST',
    what: `${file}:${line} is not valid YAML`,
    why: message.split('\n')[0]!.replace(/ at line \d+.*$/, ''),
    next: isTemplate
      ? 'it looks like a Helm template; render it first: helm template CHART > FILE'
      : `mend it there; "kubectl apply --dry-run=client -f ${file}" must take it`,
  });
}

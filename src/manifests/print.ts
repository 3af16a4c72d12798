// Objects as text: one YAML stream, a kustomize base or a Helm chart. The same objects give the same
// bytes, so that a repository that holds them shows true changes only.
import type { Manifest } from './values.ts';

/** Several documents in one stream, each led by `---`. */
export async function toYaml(objects: readonly Manifest[]): Promise<string> {
  const { stringify } = await import('yaml');
  return objects
    .map((object) => `---\n${stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })}`)
    .join('');
}

/** A base for `kubectl apply -k`: file name → text. */
export async function kustomizeFiles(objects: readonly Manifest[]): Promise<Record<string, string>> {
  const files = await filePerObject(objects);
  const names = Object.keys(files);
  const kustomization = [
    'apiVersion: kustomize.config.k8s.io/v1beta1',
    'kind: Kustomization',
    'resources:',
    ...names.map((name) => `  - ${name}`),
    '',
  ].join('\n');
  return { 'kustomization.yaml': kustomization, ...files };
}

/** A chart without values of its own: `pod-iam manifests` takes the flags, and the chart is their result. */
export async function helmFiles(
  objects: readonly Manifest[],
  version: string,
): Promise<Record<string, string>> {
  const chart = [
    'apiVersion: v2',
    'name: pod-iam',
    'description: IAM roles for single pods on Kubernetes nodes in AWS',
    'type: application',
    `version: ${version}`,
    `appVersion: ${JSON.stringify(version)}`,
    '',
  ].join('\n');
  const templates = Object.entries(await filePerObject(objects)).map(([name, text]) => [
    `templates/${name}`,
    // Helm would take two opening braces for an action.
    text.replaceAll('{{', '{{ "{{" }}'),
  ]);
  return { 'Chart.yaml': chart, ...Object.fromEntries(templates) };
}

async function filePerObject(objects: readonly Manifest[]): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const object of objects) {
    files[`${object.kind.toLowerCase()}.yaml`] = (await toYaml([object])).replace(/^---\n/, '');
  }
  return files;
}

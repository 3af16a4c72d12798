// Whose token a subject means, in plain words: a service account, or a run of a pipeline.
import { hasWildcard } from '../model/policy/wildcard.ts';

/** @param isPattern whether a star in it is a wildcard */
export function subjectWords(text: string, isPattern: boolean): string {
  if (hasWildcard(text) && !isPattern) return `"${text}", in which the star is no wildcard`;
  return ofServiceAccount(text) ?? ofGitHub(text) ?? ofGitLab(text) ?? ofTerraform(text) ?? `"${text}"`;
}

function ofServiceAccount(text: string): string | null {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(text) ?? [];
  if (!namespace || !name) return null;
  const who = hasWildcard(name)
    ? `any service account${name === '*' ? '' : ` named like ${name}`}`
    : `the service account ${name}`;
  const where = hasWildcard(namespace)
    ? `any namespace${namespace === '*' ? '' : ` named like ${namespace}`}`
    : `namespace ${namespace}`;
  return `${who} in ${where}`;
}

// https://docs.github.com/en/actions/reference/security/oidc
function ofGitHub(text: string): string | null {
  const [, repository = '', rest = ''] = /^repo:([^:]+):(.+)$/.exec(text) ?? [];
  if (repository === '') return null;
  const of = /^[^*?/]+\/\*$/.test(repository)
    ? `any repository of ${repository.slice(0, -2)}`
    : withIds(repository);
  const [, kind, name = ''] = /^(environment|ref:refs\/heads|ref:refs\/tags):?\/?(.+)$/.exec(rest) ?? [];
  if (rest === '*') return `any run in ${of}`;
  if (rest === 'pull_request') return `a pull request in ${of}`;
  if (kind === undefined) return null;
  const what = kind === 'environment' ? 'environment' : kind.endsWith('heads') ? 'branch' : 'tag';
  return `a run for ${named(what, name)} in ${of}`;
}

/** `acme@12/shop@34` is the repository shop of acme, told by ids that stay when names change hands. */
function withIds(repository: string): string {
  const [, owner, ownerId, name, id] = /^([^@/]+)@([^@/]+)\/([^@/]+)@([^@/]+)$/.exec(repository) ?? [];
  if (owner === undefined) return `the repository ${repository}`;
  const ids =
    ownerId === '*' && id === '*' ? 'with ids, whatever they are' : `with the ids ${ownerId} and ${id}`;
  return `the repository ${owner}/${name} (${ids})`;
}

// https://docs.gitlab.com/ci/secrets/id_token_authentication/
function ofGitLab(text: string): string | null {
  const [, project = '', rest = ''] = /^project_path:([^:]+):(.+)$/.exec(text) ?? [];
  if (project === '') return null;
  const of = project.endsWith('/*') ? `any project below ${project.slice(0, -2)}` : `the project ${project}`;
  if (rest === '*') return `any job in ${of}`;
  const [, kind = '', name = ''] = /^ref_type:(branch|tag):ref:(.+)$/.exec(rest) ?? [];
  return kind === '' ? null : `a job for ${named(kind, name)} in ${of}`;
}

// https://developer.hashicorp.com/terraform/cloud-docs/workspaces/dynamic-provider-credentials/workload-identity-tokens
function ofTerraform(text: string): string | null {
  const [, organisation, project = '', workspace = '', phase = ''] =
    /^organization:([^:]+):project:([^:]+):workspace:([^:]+):run_phase:([^:]+)$/.exec(text) ?? [];
  if (organisation === undefined) return null;
  const what = hasWildcard(phase) ? 'a plan or an apply' : phase === 'plan' ? 'a plan' : `an ${phase}`;
  return `${what} in ${named('workspace', workspace)} of ${named('project', project)} of the organisation ${organisation}`;
}

function named(kind: string, name: string): string {
  if (!hasWildcard(name)) return `the ${kind} ${name}`;
  return name === '*' ? `any ${kind}` : `any ${kind} named like ${name}`;
}

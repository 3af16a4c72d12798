// Recognises what people hand in instead of a policy document, so that the message can say what to do.
import type { JsonNode } from './json.ts';
import type { ObjectNode } from './nodes.ts';

/** What a text that is no JSON probably is, and what to do about it; null when nothing is recognised. */
export function recogniseText(text: string): string | null {
  const start = text
    .slice(0, 20_000)
    .replace(/^\ufeff/, '')
    .trimStart();
  if (text.startsWith('\ufeff')) return 'save the file as UTF-8 without byte order mark';
  if (/^%7b/i.test(start)) return 'it is URL-encoded, as the raw IAM API returns it: decode it first';
  if (/^#!|^[ \t]*(?:cat|tee)\b.*<<|^[ \t]*aws (?:iam|sts) /m.test(start))
    return 'it looks like a shell script: check the JSON that it writes';
  if (
    /^(?:resource|data|module|variable|locals|provider)\b[^\n]*\{/m.test(start) ||
    /jsonencode[ \t]*\(|^[ \t{]*(?:Version|Statement|Effect)[ \t]*=/m.test(start)
  )
    return 'it looks like Terraform: check what `terraform show -json` or the JSON in assume_role_policy gives';
  if (
    /^(?:AWSTemplateFormatVersion|Resources)[ \t]*:/m.test(start) ||
    /AssumeRolePolicyDocument[ \t]*:/.test(start)
  )
    return 'it looks like a CloudFormation template in YAML: check the AssumeRolePolicyDocument inside it, as JSON';
  if (/^(?:apiVersion|kind)[ \t]*:/m.test(start))
    return 'it looks like a Kubernetes manifest: use pod-iam doctor -f';
  if (/^(?:---|-?[ \t]*(?:Version|Statement|Sid|Effect)[ \t]*:)/m.test(start) && !start.startsWith('{'))
    return 'it looks like YAML: IAM takes JSON only';
  if (/^(?:#{1,6} |```)/m.test(start) && !start.startsWith('{'))
    return 'it looks like a page of text: check the JSON inside it';
  if (/^(?:export|import|from|const|let|var|def|func|package|class|public|using)\b/m.test(start))
    return 'it looks like source code: check the JSON that it makes';
  return ofFragment(start);
}

/** The same for what begins like JSON. */
function ofFragment(start: string): string | null {
  if (/\{%|^[^"\n]*\{\{/m.test(start)) return 'it looks like a template: check what it renders';
  if (/^"\w+"\s*:/.test(start))
    return 'it is a part of a policy: check the whole, {"Version": "2012-10-17", "Statement": [{…}]}';
  if (/^\{[^"]*'/.test(start)) return 'JSON takes double quotes only';
  if (start.includes('\u00a0')) return 'write plain blanks: a page or word processor put no-break spaces in';
  return null;
}

/** The same for JSON that is no policy, with the way to the first policy inside it. */
export function recogniseObject(root: ObjectNode): string | null {
  const hint = recogniseKeys(root.entries.map(({ key }) => key));
  const way = hint === null ? null : wayToPolicy(root, '');
  return way === null ? hint : `${hint} (jq -r '${way}' FILE | pod-iam trust-policy check -)`;
}

/** As jq takes it; null when there is none. */
function wayToPolicy(node: JsonNode, way: string): string | null {
  if (node.type === 'array')
    return firstOf(node.items, (item, index) => wayToPolicy(item, `${way}[${index}]`));
  if (node.type !== 'object') return null;
  return firstOf(node.entries, ({ key, value }) => {
    const step = `${way}${/^[A-Za-z_]\w*$/.test(key) ? `.${key}` : `${way === '' ? '.' : ''}[${JSON.stringify(key)}]`}`;
    const isPolicy =
      (key === 'AssumeRolePolicyDocument' && value.type === 'object') ||
      (key === 'assume_role_policy' && value.type === 'string');
    return isPolicy ? step : wayToPolicy(value, step);
  });
}

function firstOf<T>(items: readonly T[], find: (item: T, index: number) => string | null): string | null {
  for (const [index, item] of items.entries()) {
    const found = find(item, index);
    if (found !== null) return found;
  }
  return null;
}

function recogniseKeys(keys: readonly string[]): string | null {
  const has = (...wanted: string[]): boolean => wanted.some((key) => keys.includes(key));
  if (!has('Statement') && has('Effect', 'Principal', 'Action'))
    return 'it is a statement alone: put it into {"Version": "2012-10-17", "Statement": […]}';
  if (has('Roles'))
    return 'it looks like the answer of `aws iam list-roles`: check the AssumeRolePolicyDocument of one role';
  if (has('RoleDetailList'))
    return 'it looks like the answer of `aws iam get-account-authorization-details`: check the AssumeRolePolicyDocument of one role';
  if (has('PolicyDocument'))
    return 'it looks like the answer of `aws iam get-role-policy`, a permissions policy: the policy is the value of its PolicyDocument';
  if (has('Role'))
    return 'it looks like the answer of `aws iam get-role`: check its Role.AssumeRolePolicyDocument';
  if (has('AssumeRolePolicyDocument')) return 'the policy is the value of its AssumeRolePolicyDocument';
  if (has('AWSTemplateFormatVersion', 'Resources') || (has('Type') && has('Properties')))
    return 'it looks like a CloudFormation template: check the AssumeRolePolicyDocument inside it';
  if (has('terraform_version', 'planned_values', 'resource', 'data'))
    return 'it looks like Terraform: check the assume_role_policy inside it';
  if (has('apiVersion', 'kind')) return 'it looks like a Kubernetes manifest: use pod-iam doctor -f';
  return null;
}

/** The same for JSON that is no object. */
export function recogniseRoot(text: string): string | null {
  const start = text.trimStart();
  if (start.startsWith('['))
    return 'if these are statements, put them into {"Version": "2012-10-17", "Statement": […]}';
  if (/^"\s*(?:\{|%7b)/i.test(start)) return 'it is a policy within a string: take it out (jq -r .)';
  return null;
}

// Recognises what people hand in instead of a policy document, so that the message can say what to do.

/** What a text that is no JSON probably is, and what to do about it; null when nothing is recognised. */
export function recogniseText(text: string): string | null {
  const start = text
    .slice(0, 20_000)
    .replace(/^\ufeff/, '')
    .trimStart();
  if (text.startsWith('\ufeff')) return 'save the file as UTF-8 without byte order mark';
  if (/^%7b/i.test(start)) return 'it is URL-encoded, as the raw IAM API returns it: decode it first';
  if (
    /^(?:resource|data|module|variable|locals|provider)\b[^\n]*\{/m.test(start) ||
    /jsonencode[ \t]*\(/.test(start)
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
  if (/^\{[^"]*'/.test(start)) return 'JSON takes double quotes only';
  return null;
}

/** The same for JSON that is no policy, by the keys of its root. */
export function recogniseKeys(keys: readonly string[]): string | null {
  const has = (...wanted: string[]): boolean => wanted.some((key) => keys.includes(key));
  if (has('Role'))
    return 'it looks like the answer of `aws iam get-role`: check its Role.AssumeRolePolicyDocument';
  if (has('AssumeRolePolicyDocument')) return 'the policy is the value of its AssumeRolePolicyDocument';
  if (has('AWSTemplateFormatVersion', 'Resources'))
    return 'it looks like a CloudFormation template: check the AssumeRolePolicyDocument inside it';
  if (has('terraform_version', 'planned_values', 'resource', 'data'))
    return 'it looks like Terraform: check the assume_role_policy inside it';
  if (has('apiVersion', 'kind')) return 'it looks like a Kubernetes manifest: use pod-iam doctor -f';
  return null;
}

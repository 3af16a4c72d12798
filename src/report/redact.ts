// The last net under every format: whatever a check was told by a cluster, no credential leaves in a report.

/** A copy of a plain value in which anything that looks like a credential is cut short. */
export function redact<T>(value: T): T {
  if (typeof value === 'string') return redactText(value) as T;
  if (Array.isArray(value)) return value.map(redact) as T;
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, redact(inner)])) as T;
}

/** Access key ids keep their last four characters; tokens and secret keys keep nothing. */
export function redactText(text: string): string {
  return text
    .replace(/\b(?:AKIA|ASIA)[A-Z2-7]{8,}([A-Z2-7]{4})\b/g, '…$1')
    .replace(/\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]+/g, '[token]')
    .replace(/\b(?:IQoJ|FwoG|FQoG|AQoD)[\w+/=]{60,}/g, '[session token]')
    .replace(
      /("?\b(?:SecretAccessKey|aws_secret_access_key|AWS_SECRET_ACCESS_KEY)"?\s*[:=]\s*"?)[^\s",]+/gi,
      '$1[secret]',
    )
    .replace(
      /("?\b(?:SessionToken|aws_session_token|AWS_SESSION_TOKEN)"?\s*[:=]\s*"?)[^\s",]+/gi,
      '$1[secret]',
    )
    .replace(/\b(Bearer\s+)[\w.~+/=-]{16,}/gi, '$1[token]');
}

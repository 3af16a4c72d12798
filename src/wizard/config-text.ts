// pod-iam.yaml as text: flags by name, each with where its value came from.

export interface ConfigEntry {
  /** A flag's name. */
  key: string;
  value: string | boolean | readonly string[];
  origin: string;
}

export function configText(entries: readonly ConfigEntry[]): string {
  const lines = [
    '# Flags of pod-iam by their names. A flag on the command line and POD_IAM_<FLAG> in the environment',
    '# come before what is said here.',
  ];
  for (const { key, value, origin } of entries) {
    lines.push('', `# origin: ${origin.replace(/\s+/g, ' ')}`);
    if (typeof value === 'string' || typeof value === 'boolean') lines.push(`${key}: ${scalar(value)}`);
    else lines.push(`${key}:`, ...value.map((one) => `  - ${scalar(one)}`));
  }
  return `${lines.join('\n')}\n`;
}

/** Plain where YAML reads it as the same string, else quoted as JSON, which YAML reads too. */
function scalar(value: string | boolean): string {
  if (typeof value === 'boolean') return String(value);
  const isPlain = /^[A-Za-z][\w./@+-]*(?::[\w./@+-]+|::[\w./@+-]+)*\/?$/.test(value);
  const isWord = /^(?:true|false|null|yes|no|on|off|y|n)$/i.test(value);
  return isPlain && !isWord ? value : JSON.stringify(value);
}

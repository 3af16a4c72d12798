// A kubeconfig that leads to the emulated cluster.

export interface KubeconfigOptions {
  name: string;
  url: string;
  caPem: string;
  token: string;
  user: string;
  namespace?: string;
}

/** YAML text with the CA's data and a bearer token. JSON strings are YAML strings, so nothing needs escaping. */
export function kubeconfigText({ name, url, caPem, token, user, namespace }: KubeconfigOptions): string {
  const text = JSON.stringify;
  return `apiVersion: v1
kind: Config
clusters:
- name: ${text(name)}
  cluster:
    server: ${text(url)}
    certificate-authority-data: ${Buffer.from(caPem).toString('base64')}
users:
- name: ${text(user)}
  user:
    token: ${text(token)}
contexts:
- name: ${text(name)}
  context:
    cluster: ${text(name)}
    user: ${text(user)}
    namespace: ${text(namespace ?? 'default')}
current-context: ${text(name)}
`;
}

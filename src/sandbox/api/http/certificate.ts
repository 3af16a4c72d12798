// A self-signed certificate for the emulated API server, made anew for each run.

export interface Certificate {
  certPem: string;
  keyPem: string;
}

const dayMs = 24 * 3600 * 1000;

/** For loopback names and addresses, and for further hosts (names or addresses). */
export async function makeCertificate(hosts: string[]): Promise<Certificate> {
  // Through the default export: a bundled CommonJS package has no other.
  const { default: selfsigned } = await import('selfsigned');
  const names = [...new Set(['localhost', '127.0.0.1', '::1', ...hosts])];
  const { cert, private: key } = await selfsigned.generate(
    [{ name: 'commonName', value: 'emulated-kube-apiserver' }],
    {
      keyType: 'ec',
      algorithm: 'sha256',
      notBeforeDate: new Date(Date.now() - dayMs),
      notAfterDate: new Date(Date.now() + 30 * dayMs),
      extensions: [
        { name: 'basicConstraints', cA: true, critical: true },
        { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
        { name: 'extKeyUsage', serverAuth: true },
        {
          name: 'subjectAltName',
          altNames: names.map((name) => (isAddress(name) ? { type: 7, ip: name } : { type: 2, value: name })),
        },
      ],
    },
  );
  return { certPem: cert, keyPem: key };
}

const isAddress = (host: string): boolean => host.includes(':') || /^\d+(\.\d+){3}$/.test(host);

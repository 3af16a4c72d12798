// The AWS clients of the matrix, as test/e2e/clients/prepare.sh has got them, and how they are asked: a
// command on a line, the outcome as JSON on a line.
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const sources = fileURLToPath(new URL('../clients/', import.meta.url));
const folder =
  process.env['POD_IAM_E2E_CLIENTS'] ?? fileURLToPath(new URL('../../../tmp/e2e-clients', import.meta.url));

export interface Client {
  name: string;
  /** What is spoken of in the table. */
  title: string;
  /** Folder in which it was made; null for what the machine has. */
  from: string | null;
  argv: string[];
  /** The run fails without it. */
  isRequired?: boolean;
  /** It knows no session tokens. */
  isV1?: boolean;
  /** Asks the metadata service for the region when none is given, by itself or by the SDK's own function. */
  findsRegion?: boolean;
  /** Takes AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=IPv6. */
  speaksIpv6?: boolean;
  /** Takes AWS_CONTAINER_CREDENTIALS_FULL_URI at 169.254.170.23. */
  sendsToken?: boolean;
  /** Keeps its session token when it fetches credentials again. */
  keepsToken?: boolean;
}

const python = (name: string, program: string): Pick<Client, 'from' | 'argv'> => ({
  from: name,
  argv: [join(folder, name, 'bin/python'), '-B', join(sources, 'python', program)],
});
const go = (program: string): Pick<Client, 'from' | 'argv'> => ({
  from: 'go',
  argv: [join(folder, 'go', program)],
});
const java = (main: string): Pick<Client, 'from' | 'argv'> => ({
  from: 'java',
  // One compiler and little memory: many of these run on a small machine.
  argv: ['java', '-XX:TieredStopAtLevel=1', '-Xmx128m', '-cp', javaPath(), `clients.${main}`],
});
const javaPath = (): string => `${join(folder, 'java/classes')}:${join(folder, 'java/lib')}/*`;
const js = (program: string): Pick<Client, 'from' | 'argv'> => ({
  from: 'js',
  argv: [process.execPath, join(folder, 'js', program)],
});
const curl = (...words: string[]): Pick<Client, 'from' | 'argv'> => ({
  from: null,
  argv: ['bash', join(sources, 'curl/client.sh'), ...words],
});

/** What the SDKs of today have in common. */
const modern = { findsRegion: true, speaksIpv6: true, sendsToken: true };

export const CLIENTS: readonly Client[] = [
  { name: 'boto3', title: 'boto3', ...python('boto3', 'boto3_client.py'), ...modern, isRequired: true },
  { name: 'boto3-old', title: 'boto3 before IMDSv2', ...python('boto3-old', 'boto3_client.py'), isV1: true },
  { name: 'aiobotocore', title: 'aiobotocore', ...python('aiobotocore', 'aio_client.py'), ...modern },
  {
    name: 'awscli',
    title: 'AWS CLI v1',
    ...python('awscli', 'cli_client.py'),
    ...modern,
    findsRegion: false,
    isRequired: true,
  },
  { name: 'go-v2', title: 'aws-sdk-go-v2', ...go('sdk-v2'), ...modern, keepsToken: true, isRequired: true },
  { name: 'go-v1', title: 'aws-sdk-go', ...go('sdk-v1'), ...modern, keepsToken: true },
  { name: 'minio', title: 'minio-go', ...go('minio'), sendsToken: true },
  { name: 'js-v3', title: 'aws-sdk-js v3', ...js('sdk-v3.js'), ...modern, isRequired: true },
  { name: 'js-v2', title: 'aws-sdk-js v2', ...js('sdk-v2.js'), ...modern, isRequired: true },
  { name: 'java-v2', title: 'aws-sdk-java v2', ...java('SdkV2'), ...modern, isRequired: true },
  { name: 'java-v1', title: 'aws-sdk-java v1', ...java('SdkV1'), ...modern },
  {
    name: 'rust',
    title: 'aws-config (Rust)',
    from: 'rust',
    argv: [join(folder, 'rust/client')],
    ...modern,
    keepsToken: true,
    isRequired: true,
  },
  { name: 'curl', title: 'curl script', ...curl(), findsRegion: true, keepsToken: true },
  { name: 'curl-v1', title: 'curl script, IMDSv1', ...curl('v1'), isV1: true },
];

/** Why there is nothing to run; false when prepare.sh has run. */
export const clientsFault = (): string | false =>
  existsSync(join(folder, 'missing')) ? false : 'test/e2e/clients/prepare.sh has not run';

export const isThere = ({ from }: Client): boolean =>
  from === null || existsSync(join(folder, from, '.state'));

export interface Outcome {
  arn?: string;
  region?: string;
  error?: string;
  ms: number;
}

/** A client as a process that waits for commands. */
export class RunningClient {
  readonly version: string;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #stderr: () => string;

  private constructor(
    child: ChildProcess,
    lines: AsyncIterator<string>,
    version: string,
    stderr: () => string,
  ) {
    this.#child = child;
    this.#lines = lines;
    this.version = version;
    this.#stderr = stderr;
  }

  /** Resolves when it has started up, and asked nobody anything yet. */
  static async of(child: ChildProcess): Promise<RunningClient> {
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    let stderr = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-4_000);
    });
    const first = await within(lines.next());
    if (first.done) throw new Error(`it did not start: ${stderr}`);
    return new RunningClient(
      child,
      lines,
      (JSON.parse(first.value) as { version: string }).version,
      () => stderr,
    );
  }

  /** @param command `use` with the credentials that are held, `fresh` with new ones */
  async ask(command: 'use' | 'fresh'): Promise<Outcome> {
    const startedMs = performance.now();
    this.#child.stdin!.write(`${command}\n`);
    const line = await within(this.#lines.next());
    const ms = Math.round(performance.now() - startedMs);
    if (line.done) return { error: `it ended, or gave no answer: ${this.#stderr()}`, ms };
    return { ...(JSON.parse(line.value) as Omit<Outcome, 'ms'>), ms };
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }
}

/** No client may take this long, not even to start with all others; then it has come to its end for us. */
const patienceMs = 120_000;

function within(line: Promise<IteratorResult<string>>): Promise<IteratorResult<string>> {
  const tooLate = delay(patienceMs, { done: true, value: undefined } as const, { ref: false });
  return Promise.race([line, tooLate]);
}

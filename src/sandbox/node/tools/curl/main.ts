// Stands in for curl in the sandbox's pods, for machines that have none: the options that the
// diagnostic script uses, with curl's own exit codes, wording and request form.
// https://curl.se/docs/manpage.html
import { readFileSync, writeFileSync, writeSync } from 'node:fs';
import { CurlError } from './error.ts';
import { type Answer, request } from './http.ts';
import { type Header, type Options, parseWords, readConfigText } from './options.ts';
import { writeOut } from './write-out.ts';

void main();

async function main(): Promise<void> {
  try {
    const options = parseWords(process.argv.slice(2), () => readConfigText(readFileSync(0, 'utf8')));
    for (const [index, url] of options.urls.entries()) {
      process.exitCode = await transfer(url, options, options.outputs[index]);
    }
  } catch (error) {
    if (!(error instanceof CurlError)) throw error;
    write(2, `curl: ${error.message}\ncurl: try 'curl --help' or 'curl --manual' for more information\n`);
    process.exitCode = error.exitCode;
  }
}

async function transfer(url: string, options: Options, output: string | undefined): Promise<number> {
  const startedAt = performance.now();
  let answer: Answer = { status: 0, head: '', body: Buffer.alloc(0), failure: null };
  try {
    const parsed = parseUrl(url, options.pathAsIs);
    const headers = [...(options.signWith ? await sign(parsed, options) : []), ...options.headers];
    answer = await request(parsed, { ...options, headers });
    if (options.failOnError && answer.status >= 400 && answer.failure === null) {
      answer = {
        ...answer,
        body: Buffer.alloc(0),
        failure: new CurlError(22, `The requested URL returned error: ${answer.status}`),
      };
    }
    const showsHead = options.method === 'HEAD' || options.include;
    save(showsHead ? Buffer.concat([Buffer.from(answer.head), answer.body]) : answer.body, output);
  } catch (error) {
    if (!(error instanceof CurlError)) throw error;
    answer = { ...answer, failure: answer.failure ?? error };
  }
  const { failure } = answer;
  if (failure && (!options.silent || options.showError)) {
    write(2, `curl: (${failure.exitCode}) ${failure.message}\n`);
  }
  if (options.writeOut !== null) {
    write(1, writeOut(options.writeOut, { answer, url, seconds: (performance.now() - startedAt) / 1000 }));
  }
  return failure?.exitCode ?? 0;
}

export interface CurlUrl {
  isTls: boolean;
  host: string;
  port: number;
  /** As the Host header has it. */
  authority: string;
  /** With the query. */
  target: string;
}

/** Unlike `new URL`, it leaves the path as it is but for dot segments, as curl does. */
function parseUrl(text: string, pathAsIs: boolean): CurlUrl {
  const match = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]*)(?::(\d+))?([^#]*)/i.exec(
    text,
  );
  const [, protocol = 'http', host = '', port, rest = ''] = match ?? [];
  if (host === '' || /[\s\x00-\x1f]/.test(text))
    throw new CurlError(3, 'URL using bad/illegal format or missing URL');
  if (!/^https?$/i.test(protocol)) {
    throw new CurlError(1, `Protocol "${protocol}" not supported or disabled in libcurl`);
  }
  const isTls = protocol.toLowerCase() === 'https';
  const [path = '', query] = split(rest, '?');
  const sentPath = pathAsIs ? path : withoutDotSegments(path);
  return {
    isTls,
    host: host.replace(/^\[|\]$/g, ''),
    port: Number(port ?? (isTls ? 443 : 80)),
    authority: port && Number(port) !== (isTls ? 443 : 80) ? `${host}:${port}` : host,
    target: `${sentPath.startsWith('/') ? '' : '/'}${sentPath}${query === undefined ? '' : `?${query}`}`,
  };
}

/** https://www.rfc-editor.org/rfc/rfc3986#section-5.2.4; an empty segment stays. */
function withoutDotSegments(path: string): string {
  const kept: string[] = [];
  const segments = path.split('/');
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1;
    if (segment === '..' && kept.length > 1) kept.pop();
    if (segment !== '.' && segment !== '..') kept.push(segment);
    else if (isLast) kept.push('');
  }
  return kept.join('/');
}

function split(text: string, at: string): [string, string | undefined] {
  const index = text.indexOf(at);
  return index === -1 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)];
}

/** Loaded when needed, with the cryptography that most calls do without. */
async function sign(url: CurlUrl, options: Options): Promise<Header[]> {
  const { signatureHeaders } = await import('./sign.ts');
  return signatureHeaders(url, options);
}

function save(body: Buffer, output: string | undefined): void {
  try {
    if (output === undefined || output === '-') write(1, body);
    else writeFileSync(output, body);
  } catch {
    throw new CurlError(23, 'Failure writing output to destination');
  }
}

/** Straight to the descriptor: Node's own streams for it take as long to load as a request. */
function write(descriptor: number, content: Buffer | string): void {
  let rest = Buffer.from(content);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest));
    } catch (error) {
      // A pipe that is full for the moment.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

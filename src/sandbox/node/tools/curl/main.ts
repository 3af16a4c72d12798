// Stands in for curl in the sandbox's pods, for machines that have none: the options that the
// diagnostic script uses, with curl's own exit codes, wording and request form.
// https://curl.se/docs/manpage.html
import { createWriteStream, readFileSync } from 'node:fs';
import { CurlError } from './error.ts';
import { type Answer, request } from './http.ts';
import { type Options, parseWords, readConfigText } from './options.ts';
import { signatureHeaders } from './sign.ts';
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
    process.stderr.write(
      `curl: ${error.message}\ncurl: try 'curl --help' or 'curl --manual' for more information\n`,
    );
    process.exitCode = error.exitCode;
  }
}

async function transfer(url: string, options: Options, output: string | undefined): Promise<number> {
  const startedAt = performance.now();
  let answer: Answer = { status: 0, head: '', body: Buffer.alloc(0), failure: null };
  try {
    const parsed = parseUrl(url, options.pathAsIs);
    const headers = [...(options.signWith ? signatureHeaders(parsed, options) : []), ...options.headers];
    answer = await request(parsed, { ...options, headers });
    if (options.failOnError && answer.status >= 400 && answer.failure === null) {
      answer = {
        ...answer,
        body: Buffer.alloc(0),
        failure: new CurlError(22, `The requested URL returned error: ${answer.status}`),
      };
    }
    const showsHead = options.method === 'HEAD' || options.include;
    await save(showsHead ? Buffer.concat([Buffer.from(answer.head), answer.body]) : answer.body, output);
  } catch (error) {
    if (!(error instanceof CurlError)) throw error;
    answer = { ...answer, failure: answer.failure ?? error };
  }
  const { failure } = answer;
  if (failure && (!options.silent || options.showError)) {
    process.stderr.write(`curl: (${failure.exitCode}) ${failure.message}\n`);
  }
  if (options.writeOut !== null) {
    process.stdout.write(
      writeOut(options.writeOut, { answer, url, seconds: (performance.now() - startedAt) / 1000 }),
    );
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

function save(body: Buffer, output: string | undefined): Promise<void> {
  return new Promise((done, refuse) => {
    const stream = output === undefined || output === '-' ? process.stdout : createWriteStream(output);
    const ended = (error?: Error | null): void =>
      error ? refuse(new CurlError(23, 'Failure writing output to destination')) : done();
    stream.once('error', ended);
    if (stream === process.stdout) stream.write(body, ended);
    else stream.end(body, ended);
  });
}

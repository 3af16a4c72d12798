// Reads curl's command line and its configuration format (-K).
// https://everything.curl.dev/cmdline/configfile.html
import { CurlError } from './error.ts';

export interface Header {
  name: string;
  value: string;
  /** As it was given: curl sends it unchanged. */
  line: string;
}

export interface Options {
  urls: string[];
  /** By the order of the URLs. */
  outputs: string[];
  silent: boolean;
  showError: boolean;
  failOnError: boolean;
  include: boolean;
  pathAsIs: boolean;
  insecure: boolean;
  maxSeconds: number | null;
  connectSeconds: number | null;
  method: string;
  headers: Header[];
  /** Names of headers that `-H 'Name:'` takes away, in lower case. */
  dropped: string[];
  data: string | null;
  user: string | null;
  /** `aws:amz:REGION:SERVICE`. */
  signWith: string | null;
  writeOut: string | null;
  requestTarget: string | null;
}

const SHORT: Record<string, string> = {
  s: 'silent',
  S: 'show-error',
  f: 'fail',
  i: 'include',
  I: 'head',
  g: 'globoff',
  k: 'insecure',
  q: 'disable',
  '4': 'ipv4',
  m: 'max-time',
  o: 'output',
  w: 'write-out',
  H: 'header',
  X: 'request',
  K: 'config',
  d: 'data',
  u: 'user',
  A: 'user-agent',
};
const SWITCHES = new Set([
  ...['silent', 'show-error', 'fail', 'include', 'head', 'globoff', 'insecure', 'disable', 'path-as-is'],
  ...['ipv4', 'http1.1', 'no-keepalive', 'get'],
]);

/** @param readConfig called for `-K -`: the words that standard input stands for */
export function parseWords(words: readonly string[], readConfig: () => string[]): Options {
  const options: Options = {
    urls: [],
    outputs: [],
    silent: false,
    showError: false,
    failOnError: false,
    include: false,
    pathAsIs: false,
    insecure: false,
    maxSeconds: null,
    connectSeconds: null,
    method: '',
    headers: [],
    dropped: [],
    data: null,
    user: null,
    signWith: null,
    writeOut: null,
    requestTarget: null,
  };
  const queue = [...words];
  while (queue.length > 0) {
    const word = queue.shift()!;
    if (!word.startsWith('-') || word === '-') options.urls.push(word);
    else if (word.startsWith('--')) {
      const name = word.slice(2);
      if (name === 'config') queue.unshift(...configWords(queue.shift(), readConfig));
      else set(options, name, SWITCHES.has(name) ? '' : valueFor(word, queue.shift()));
    } else {
      for (let at = 1; at < word.length; at++) {
        const name = SHORT[word[at]!];
        if (name === undefined) throw unknownOption(`-${word[at]}`);
        if (SWITCHES.has(name)) {
          set(options, name, '');
          continue;
        }
        const value = word.slice(at + 1) || valueFor(`-${word[at]}`, queue.shift());
        if (name === 'config') queue.unshift(...configWords(value, readConfig));
        else set(options, name, value);
        break;
      }
    }
  }
  if (options.urls.length === 0) throw new CurlError(2, 'no URL specified!');
  options.method ||= options.data === null ? 'GET' : 'POST';
  return options;
}

/** `name = "value"` by line, as command line words. */
export function readConfigText(text: string): string[] {
  const words: string[] = [];
  for (const line of text.split('\n')) {
    const match = /^\s*-{0,2}([\w.-]+)\s*(?:[=:]\s*|\s+|$)(.*?)\s*$/.exec(line);
    if (!match || /^\s*#/.test(line)) continue;
    const [, name = '', value = ''] = match;
    words.push(name.length === 1 ? `-${name}` : `--${name}`);
    if (!SWITCHES.has(SHORT[name] ?? name)) words.push(unquote(value));
  }
  return words;
}

const ESCAPES: Record<string, string> = { t: '\t', n: '\n', r: '\r', v: '\v' };

function unquote(value: string): string {
  const quoted = /^"((?:[^"\\]|\\.)*)"/s.exec(value);
  if (!quoted) return value.split(/\s/)[0] ?? '';
  return quoted[1]!.replace(/\\(.)/gs, (_whole, letter: string) => ESCAPES[letter] ?? letter);
}

function configWords(file: string | undefined, readConfig: () => string[]): string[] {
  if (file !== '-') throw new CurlError(2, 'option -K: the sandbox reads a configuration from - only');
  return readConfig();
}

function set(options: Options, name: string, value: string): void {
  switch (name) {
    case 'silent':
      options.silent = true;
      break;
    case 'show-error':
      options.showError = true;
      break;
    case 'fail':
      options.failOnError = true;
      break;
    case 'include':
      options.include = true;
      break;
    case 'insecure':
      options.insecure = true;
      break;
    case 'path-as-is':
      options.pathAsIs = true;
      break;
    case 'head':
      options.method = 'HEAD';
      break;
    // Nothing of these differs here: no globbing, no .curlrc, HTTP/1.1 over one connection, no proxy.
    case 'globoff':
    case 'disable':
    case 'ipv4':
    case 'http1.1':
    case 'no-keepalive':
    case 'noproxy':
      break;
    case 'max-time':
      options.maxSeconds = seconds(name, value);
      break;
    case 'connect-timeout':
      options.connectSeconds = seconds(name, value);
      break;
    case 'output':
      options.outputs.push(value);
      break;
    case 'write-out':
      options.writeOut = value;
      break;
    case 'request':
      options.method = value;
      break;
    case 'request-target':
      options.requestTarget = value;
      break;
    case 'user-agent':
      options.headers.push(header('User-Agent', value));
      break;
    case 'user':
      options.user = value;
      break;
    case 'url':
      options.urls.push(value);
      break;
    case 'aws-sigv4':
      options.signWith = value;
      break;
    case 'data':
    case 'data-raw':
    case 'data-binary':
      options.data = options.data === null ? value : `${options.data}&${value}`;
      break;
    case 'header': {
      const [, name = '', mark, content = ''] = /^([^:;]+)([:;])\s*(.*)$/s.exec(value) ?? [];
      if (mark === ':' && content === '') options.dropped.push(name.toLowerCase());
      else if (mark === ';') options.headers.push(header(name, ''));
      else if (name !== '') options.headers.push({ name, value: content, line: value });
      break;
    }
    default:
      throw unknownOption(`--${name}`);
  }
}

/** A header in curl's usual form. */
export const header = (name: string, value: string): Header => ({ name, value, line: `${name}: ${value}` });

function seconds(name: string, value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !(number >= 0))
    throw new CurlError(2, `option --${name}: expected a proper numerical parameter`);
  return number;
}

function valueFor(word: string, value: string | undefined): string {
  if (!word.startsWith('--') || isKnown(word.slice(2))) {
    if (value === undefined) throw new CurlError(2, `option ${word}: requires parameter`);
    return value;
  }
  throw unknownOption(word);
}

const VALUED = new Set([
  ...Object.values(SHORT),
  ...['connect-timeout', 'url', 'aws-sigv4', 'data-raw', 'data-binary', 'noproxy', 'request-target'],
]);
const isKnown = (name: string): boolean => VALUED.has(name);

const unknownOption = (word: string): CurlError => new CurlError(2, `option ${word}: is unknown`);

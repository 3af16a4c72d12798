// curl's -w: https://everything.curl.dev/usingcurl/verbose/writeout.html
import type { Answer } from './http.ts';

export interface Written {
  answer: Answer;
  url: string;
  seconds: number;
}

/** An unknown variable stays as it was written, so that its absence is seen. */
export function writeOut(format: string, { answer, url, seconds }: Written): string {
  const values: Record<string, string> = {
    http_code: String(answer.status).padStart(3, '0'),
    response_code: String(answer.status).padStart(3, '0'),
    time_total: seconds.toFixed(6),
    errormsg: answer.failure?.message ?? '',
    exitcode: String(answer.failure?.exitCode ?? 0),
    size_download: String(answer.body.length),
    url,
  };
  return format.replace(/%\{(\w+)\}|%%|\\([nrt\\])/g, (whole, name?: string, letter?: string) => {
    if (name !== undefined) return values[name] ?? whole;
    if (whole === '%%') return '%';
    return { n: '\n', r: '\r', t: '\t', '\\': '\\' }[letter!]!;
  });
}

// Whether the redirect rule is in place on this node, as the process that keeps it reports.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export const REDIRECT_REPORT = 'redirect.json';
/** The report is written every 5 s; one this old comes from a process that is gone. */
const MAX_AGE_MS = 30_000;

/**
 * Null when the rule is in place; otherwise why it is not, or not known to be.
 * @param mustReport whether it is a fault that nobody reports
 * @param port of the daemon: for some seconds after a change of settings the report may be that of the
 *   keeper before, whose rule leads elsewhere
 */
export async function redirectFault(
  stateDir: string,
  { mustReport, port = 0 }: { mustReport: boolean; port?: number },
): Promise<string | null> {
  const path = join(stateDir, REDIRECT_REPORT);
  let report: { inPlace?: unknown; port?: unknown; checkedAtMs?: unknown; message?: unknown };
  try {
    report = JSON.parse(await readFile(path, 'utf8')) as typeof report;
  } catch (error) {
    if (!mustReport && (error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    return `no process reports on the redirect rule (${path}); give --redirect=external if something else keeps it`;
  }
  if (report?.inPlace !== true)
    return `the redirect rule is not in place${typeof report?.message === 'string' ? `: ${report.message}` : ''}`;
  if (port !== 0 && typeof report.port === 'number' && report.port !== port)
    return `the redirect rule still leads to port ${report.port}, and not to ${port}`;
  const ageMs = Date.now() - Number(report.checkedAtMs);
  // Not `>`: an unreadable time is too old as well.
  if (!(ageMs < MAX_AGE_MS)) return 'the redirect rule was not checked for over 30 s';
  return null;
}

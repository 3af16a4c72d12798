// What other folders see of reports: a report as text, where it goes, and the exit code that it means.
export { FORMATS, type OutputFormat, type RenderOptions, renderReport } from './render.ts';
export { exitCodeOf, FAIL_ON, type FailOn, isFinding } from './severity.ts';
export { checkOutputs, type Output, parseOutput, writeReports } from './write.ts';

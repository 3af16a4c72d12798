// Part of the bundle rather than a plugin: finding and reading a plugin would slow every start.
export { default } from '../../../node_modules/@oclif/plugin-autocomplete/lib/commands/autocomplete/script.js';

// The look of the report page; states differ by word first and by colour second.

export const STYLE = `
:root { color-scheme: light dark; --ink: #1c2024; --dim: #5c6670; --line: #d5dae0; --paper: #fff; --fail: #b3261e; --warn: #8a5a00; --unknown: #7b3fa0; --pass: #1b6e3c; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ec; --dim: #9aa4ae; --line: #3a424a; --paper: #15181b; --fail: #ff8a80; --warn: #f0c060; --unknown: #d0a0f0; --pass: #7fd69a; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
h1 small, .subject, header p { color: var(--dim); }
.verdict { color: var(--ink); font-size: 1.1rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
details { border-left: 4px solid var(--line); margin: .5rem 0; padding: .2rem .8rem; }
summary { cursor: pointer; }
.status { font-weight: 700; text-transform: uppercase; font-size: .8rem; }
details.fail { border-color: var(--fail); } .fail .status, tr.fail td:last-child { color: var(--fail); }
details.warn { border-color: var(--warn); } .warn .status { color: var(--warn); }
details.unknown { border-color: var(--unknown); } .unknown .status { color: var(--unknown); }
details.pass { border-color: var(--pass); } .pass .status { color: var(--pass); }
dl { display: grid; grid-template-columns: 6rem 1fr; gap: .2rem .8rem; margin: .5rem 0; }
dt { color: var(--dim); } dd { margin: 0; overflow-wrap: anywhere; white-space: pre-line; }
pre { overflow-x: auto; border: 1px solid var(--line); padding: .6rem; font-size: .85rem; }
@media print { body { max-width: none; } details { break-inside: avoid; } }
`;

// Stands in for the package of this name in the bundle: oclif asks it at every start whether Linux runs
// under Windows, which changes nothing here and would take a tenth of the time of --help.

export const isWsl = false;

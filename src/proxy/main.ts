// The daemon's entry: reads its flags, starts it, and stops it in order.
process.stderr.write('not built yet\n');
process.exitCode = 70;

// Holds a real API server to the same assertions as the emulated one of the sandbox.
import { describeFidelity } from '../sandbox/api/fidelity.ts';
import { connectWire } from '../sandbox/api/helpers/wire.ts';

describeFidelity('the real API server', () => connectWire(), { mayBeYoung: true });

// Cases behind a sidecar, through the client over TCP: every second one, all that are about the wire, and all of them in `npm run soak`.
import { suite } from './suite.ts';
import { openWire } from './wire.ts';

suite('over TCP', true, (setup) => openWire(setup, 'tcp'), 2);

// Cases behind a sidecar, through the client over the unix socket: what differs from TCP is the socket, so one in five, and all of them in `npm run soak`.
import { suite } from './suite.ts';
import { openWire } from './wire.ts';

suite('over the unix socket', true, (setup) => openWire(setup, 'unix'), 5);

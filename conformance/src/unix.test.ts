// Every case behind a sidecar, through the client over the unix socket.
import { suite } from './suite.ts';
import { openWire } from './wire.ts';

suite('over the unix socket', true, (setup) => openWire(setup, 'unix'));

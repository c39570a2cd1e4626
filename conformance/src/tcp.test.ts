// Every case behind a sidecar, through the client over TCP.
import { suite } from './suite.ts';
import { openWire } from './wire.ts';

suite('over TCP', true, (setup) => openWire(setup, 'tcp'));

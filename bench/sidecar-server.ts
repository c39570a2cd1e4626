/** The sidecar under load, in a process of its own. `sidecar-server.ts DATA_DIR`; prints its port. */
import { createSidecar } from '@portcullis/sidecar';
import { POLICY } from './folder.ts';

const listening = await createSidecar({
  dataDir: process.argv[2] as string,
  port: 0,
  policy: POLICY,
  builtins: [],
}).listen();
console.log(new URL(listening.url).port);
process.once('SIGTERM', () => void listening.close());

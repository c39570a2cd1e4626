/**
 * A process to be killed: submits an action again and again whose effect is a line in a file, and says on standard output what it was answered. Run by the
 * crash test: `crash-child.ts DATA_DIR EFFECTS_FILE`.
 */
import { appendFileSync } from 'node:fs';
import { createKernel } from '../kernel.ts';

const [dataDir = '', effects = ''] = process.argv.slice(2);
let reached: (_: unknown) => void = () => {};
const hanging = new Promise<void>((resolve) => {
  reached = () => resolve();
});
const kernel = await createKernel({
  dataDir,
  builtins: [],
  policy: { version: 1, rules: [{ name: 'all', effect: 'permit', when: { action: 'mark' } }] },
  providers: [
    {
      family: 'mark',
      actions: [{ name: 'mark', resource: 'other', params: { type: 'object' }, effect: 'write' }],
      execute: async ({ params }, { actionId }) => {
        appendFileSync(effects, `${actionId}\n`);
        if (params.hang === true) await new Promise(reached);
        return { data: null, labels: [] };
      },
    },
  ],
});
// One call is always in the middle when the end comes.
void kernel.submit({ action: 'mark', params: { hang: true } });
await hanging;
process.stdout.write('ready\n');
const caller = async (): Promise<void> => {
  for (;;) {
    const { decision, outcome } = await kernel.submit({ action: 'mark' });
    process.stdout.write(`${decision.id} ${outcome.status}\n`);
    // A turn of the event loop: without one a pipe that was full once is never written to again.
    await new Promise(setImmediate);
  }
};
await Promise.all([caller(), caller(), caller()]);

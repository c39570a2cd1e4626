/**
 * A process to be killed: asks for a grant where it has none, uses it again and again, and says on standard output what it was answered. Run by the
 * crash test: `crash-child.ts DATA_DIR EFFECTS_FILE TOKEN_FILE`.
 */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createKernel } from '../../kernel.ts';

const [dataDir = '', effects = '', tokenFile = ''] = process.argv.slice(2);
const kernel = await createKernel({
  dataDir,
  builtins: [],
  policy: { version: 1, rules: [{ name: 'all', effect: 'permit', when: { action: 'mark' } }] },
  providers: [
    {
      family: 'mark',
      actions: [{ name: 'mark', resource: 'other', params: { type: 'object' }, effect: 'write' }],
      execute: async (_, { actionId }) => {
        appendFileSync(effects, `${actionId}\n`);
        return { data: null, labels: [] };
      },
    },
  ],
});
if (!existsSync(tokenFile)) {
  const { token } = await kernel.grant({ capability: 'mark', constraints: { uses: 150 } });
  writeFileSync(tokenFile, token as string);
  process.stdout.write('granted\n');
}
const token = readFileSync(tokenFile, 'utf8');
const caller = async (): Promise<void> => {
  for (;;) {
    const { decision, outcome } = await kernel.invoke({ token });
    process.stdout.write(`${decision.id} ${decision.code} ${outcome.status}\n`);
    // A turn of the event loop: without one a pipe that was full once is never written to again.
    await new Promise(setImmediate);
  }
};
await Promise.all([caller(), caller(), caller()]);

/**
 * The same office in one process: `createKernel` with a mail provider of one's own, which the gate alone reaches.
 *
 *     node library.ts SITE OUTBOX     # prints what became of each attempt, as JSON
 */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKernel, type Provider } from '@portcullis/kernel';

const [site = '', outbox = ''] = process.argv.slice(2);
const own = (name: string): string => join(import.meta.dirname, name);

const mail: Provider = {
  family: 'mail',
  actions: [
    {
      name: 'send_mail',
      resource: 'other',
      effect: 'write',
      params: {
        type: 'object',
        properties: {
          to: { type: 'array', items: { type: 'string' } },
          subject: { type: 'string' },
          body: { type: 'string' },
        },
        required: ['to', 'subject', 'body'],
        additionalProperties: false,
      },
    },
  ],
  async execute({ params }) {
    appendFileSync(outbox, `${JSON.stringify(params)}\n`);
    return { data: 'sent', labels: [] };
  },
};

const startDir = mkdtempSync(join(tmpdir(), 'office-'));
writeFileSync(join(startDir, 'notes.txt'), readFileSync(own('notes.txt')));
const policy = readFileSync(own('policy.yaml'), 'utf8')
  .replaceAll('SITE', () => site)
  .replaceAll('START', () => startDir);
const kernel = await createKernel({
  startDir,
  policy,
  labels: { files: [own('office.yaml')] },
  privateHosts: [new URL(site).host],
  builtins: ['fs', 'http'],
  providers: [mail],
});
try {
  const { id: session } = await kernel.openSession({ label: 'harbour news' });
  await kernel.addTurn(session, { role: 'user', text: readFileSync(own('turn.txt'), 'utf8') });
  const news = await kernel.submit({ action: 'http.get', resource: `${site}/news`, session });
  const notes = await kernel.submit({ action: 'fs.read', resource: 'notes.txt', session });
  const stranger =
    /[\w.]+@[\w.-]+\w/.exec((news.frame?.data as { body: string } | undefined)?.body ?? '')?.[0] ??
    '';
  const told: Record<string, unknown> = {};
  for (const [name, to] of [
    ['as the page says', stranger],
    ['the same, to whom the user typed', 'anna@harbour.example'],
  ] as const) {
    const params = { to: [to], subject: 'report', body: notes.frame?.data as string };
    const { decision, frame } = await kernel.submit({ action: 'send_mail', params, session });
    told[name] = frame?.data ?? { code: decision.code, id: decision.id };
    if (frame !== undefined) continue;
    const { records } = await kernel.explain(decision.id);
    told.explained = records?.[0]?.answers;
  }
  console.log(JSON.stringify(told));
} finally {
  await kernel.close();
  rmSync(startDir, { recursive: true });
}

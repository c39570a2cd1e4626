/** What flow adds to a decision with a megabyte of session data behind it, how it grows with the arguments, and what ten thousand sessions hold. */
import { readFileSync } from 'node:fs';
import { Flows } from '../packages/kernel/src/flow/flows.ts';
import { loadLabels } from '../packages/kernel/src/flow/label-files/label-set.ts';
import type { FlowOutcome } from '../packages/kernel/src/flow/outcome.ts';
import { main, type Size } from './figure.ts';
import { live } from './live.ts';
import { inTurn, timePerCall } from './measure.ts';

const LABELS = new URL('../policies/agentdojo/labels/workspace.yaml', import.meta.url).pathname;
const READ = {
  source: 'host',
  origin: 'x',
  integrity: 'untrusted',
  confidentiality: 'private',
} as const;

/** Words of the project's own documents, and as many numbers as make each text another. */
function prose(): (characters: number) => string {
  const page = readFileSync(new URL('../docs/provenance.md', import.meta.url), 'utf8');
  const words = page.split(/\s+/);
  let at = 0;
  return (characters) => {
    let text = '';
    while (text.length < characters) {
      at++;
      text += `${words[(at * 7) % words.length]}${at % 4 === 0 ? at * 31 : ''} `;
    }
    return text;
  };
}

const session = (id: string) => ({ id, labels: [] }) as never;
const came = (id: string, where: never, data: string): FlowOutcome => ({
  id,
  tenant: 'default',
  session: where,
  action: 'get_file_by_id',
  data,
  labels: [READ],
});
const mail = (body: string) =>
  ({
    name: 'send_email',
    params: { recipients: ['bob@example.com'], subject: 'Notes', body },
    resource: { value: '' },
  }) as never;

export async function measure(size: Size) {
  const flows = new Flows(loadLabels({ files: [LABELS] }));
  const text = prose();
  flows.turn(session('busy'), 'Please send the notes of the meeting to bob@example.com');
  for (let i = 0; i < 50; i++) flows.outcome(came(`o${i}`, session('busy'), text(20_000)));
  const calls = size === 'small' ? 5_000 : 50_000;
  const judged = (body: string, times: number) => () =>
    timePerCall(times, () => flows.facts(session('busy'), mail(body)));
  const short = 'Hi Bob, here are the notes of the meeting. See you soon, Emma';
  const { theirs } = await inTurn(9, judged(short, calls), judged(short, calls));
  const long = text(100_000);
  const grown = await inTurn(9, judged(long.repeat(4), 8), judged(long, 32));
  return [
    {
      name: 'flow, with 1 MB of session data behind it',
      wanted: ['<', 20],
      unit: 'us',
      measured: theirs,
    },
    {
      name: 'arguments four times as large, as a ratio',
      wanted: ['<', 5],
      unit: 'x',
      measured: grown.ratio,
    },
    {
      name: '10,000 sessions of 100 KB',
      wanted: ['<', 1.5],
      unit: 'GB',
      measured: held(size, text),
    },
  ] as const;
}

/** Heap and external memory after a collection, for as many sessions as the size says, counted for ten thousand. */
function held(size: Size, text: (characters: number) => string) {
  const sessions = size === 'small' ? 200 : 2_000;
  const flows = new Flows(loadLabels({ files: [LABELS] }));
  const before = live();
  for (let i = 0; i < sessions; i++) {
    for (let k = 0; k < 5; k++) flows.outcome(came(`h${i}.${k}`, session(`s${i}`), text(20_000)));
  }
  const gigabytes = (((live() - before) / sessions) * 10_000) / 1e9;
  if (flows.bytes === 0) throw new Error('nothing was held');
  return { median: gigabytes, min: gigabytes, max: gigabytes };
}

await main(import.meta, measure);

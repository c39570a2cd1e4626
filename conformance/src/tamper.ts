/** What somebody without the keys can do to the journal: change its file. Cases ask whether it is found out. */
import * as fs from 'node:fs';
import { join } from 'node:path';

/** `folder` holds the segments; what changes is the third decision, or what follows it. */
export function tamper(folder: string, how: string): void {
  const segment = fs.readdirSync(folder).find((name) => name.endsWith('.jsonl'));
  if (segment === undefined) throw new Error('the journal has no segment');
  const path = join(folder, segment);
  const lines = fs.readFileSync(path, 'utf8').trimEnd().split('\n');
  const decisions = lines.flatMap((line, i) => (line.includes('"kind":"decision"') ? [i] : []));
  const third = decisions[2];
  if (third === undefined) throw new Error('the journal has fewer than three decisions');
  const line = lines[third] as string;
  const edits: Record<string, () => void> = {
    edit: () => lines.splice(third, 1, line.replace('"effect":"deny"', '"effect":"permit"')),
    flip: () => lines.splice(third, 1, line.replace('"principal":"a', '"principal":"b')),
    delete: () => lines.splice(third, 1),
    duplicate: () => lines.splice(third, 0, line),
    reorder: () => lines.splice(third, 2, lines[third + 1] as string, line),
    cut: () => lines.splice(third),
    insert: () => lines.splice(third, 0, line.replace(/"id":"[^"]*"/, '"id":"act_forged"')),
  };
  const edit = edits[how];
  if (edit === undefined) throw new Error(`no such tampering: ${how}`);
  edit();
  fs.writeFileSync(path, `${lines.join('\n')}\n`);
}

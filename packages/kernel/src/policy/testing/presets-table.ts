/** The presets side by side, asked of the compiled texts themselves: the table of docs/presets.md. */
import { MemoryRates } from '../../budget/index.ts';
import { loadPolicy } from '../load.ts';
import { PRESETS } from '../presets.ts';
import { judge, type Situation, stage } from '../situation.ts';

const https = 'https://example.com/';

/** One column each: what is asked, in a session that has read nothing of strangers, and in one that has. */
const QUESTIONS: readonly (readonly [title: string, action: string, resource: string])[] = [
  ['read `data/`', 'fs.read', 'data/a.md'],
  ['read `docs/`', 'fs.read', 'docs/a.md'],
  ['read `src/`', 'fs.read', 'src/a.ts'],
  ['read `.env`', 'fs.read', 'data/.env'],
  ['write', 'fs.write', 'notes.md'],
  ['GET', 'http.get', https],
  ['POST', 'http.post', https],
  ['program', 'proc.exec', 'ls'],
  ['query', 'sql.query', 'main'],
  ['change', 'sql.exec', 'main'],
];

const WORDS: Readonly<Record<string, string>> = {
  permit: 'yes',
  modify: 'yes',
  require_approval: 'a person',
  defer: 'later',
  deny: '-',
};

/** Markdown. `yes / a person`: before / after the session has read what strangers wrote. */
export async function presetsTable(): Promise<string> {
  const lines = [
    `| preset | ${QUESTIONS.map(([title]) => title).join(' | ')} |`,
    `|---|${QUESTIONS.map(() => '---|').join('')}`,
  ];
  for (const name of Object.keys(PRESETS)) {
    const cells: string[] = [];
    for (const [, action, resource] of QUESTIONS) {
      const clean = await said(name, action, resource, false);
      const tainted = await said(name, action, resource, true);
      cells.push(clean === tainted ? clean : `${clean} / ${tainted}`);
    }
    lines.push(`| \`${name}\` | ${cells.join(' | ')} |`);
  }
  return lines.join('\n');
}

async function said(
  name: string,
  action: string,
  resource: string,
  tainted: boolean,
): Promise<string> {
  const situation: Situation = {
    principal: { id: 'agent' },
    action,
    resource,
    session: { tainted },
    start_dir: '/workspace',
  };
  const staged = stage(situation);
  if (!staged.ok) throw new TypeError(staged.message);
  const text = PRESETS[name]?.('/workspace') ?? '';
  const policy = loadPolicy([{ layer: 'server', name, text }]);
  const { effect } = await judge(policy, staged.evaluation, new MemoryRates());
  return WORDS[effect] ?? effect;
}

/**
 * The presets beside their tables of cases, policies/presets/NAME.cases.yaml: every case passes, every rule is reached. That the documents
 * and docs/presets.md are what the texts say is held with all that is generated.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { casePlayer } from '../case-player.ts';
import { runPolicyCases } from './cases/run.ts';
import { checkPolicy, loadPolicy } from './load.ts';
import { PRESETS } from './presets.ts';

const root = new URL('../../../../', import.meta.url);
const at = (path: string): string => fileURLToPath(new URL(path, root));

const text = (name: string, startDir = '/workspace'): string => PRESETS[name]?.(startDir) ?? '';
const worked = Object.keys(PRESETS).filter((name) => name !== 'workspace-read');

test('eight presets besides the default', () => {
  expect(worked).toEqual([
    'safe-research',
    'rag-reader',
    'workspace-assistant',
    'automation-agent',
    'safe',
    'strict',
    'research',
    'anti-collusion',
  ]);
});

describe.each(worked)('%s', (name) => {
  test('loads without a warning, for any directory', () => {
    for (const directory of ['/', '/workspace', '/a b/"q"/\\x', '/we[ird]/{dir}/*?', '/ünï/日本'])
      expect(checkPolicy(text(name, directory)).diagnostics).toEqual([]);
  });

  test('its cases pass and reach every rule', async () => {
    const policy = loadPolicy([{ layer: 'server', name, text: text(name) }]);
    const table = readFileSync(at(`policies/presets/${name}.cases.yaml`), 'utf8');
    const report = await runPolicyCases(policy, table, { player: casePlayer(text(name)) });
    expect(report.diagnostics).toEqual([]);
    expect(report.cases.filter(({ ok }) => !ok)).toEqual([]);
    expect(report.coverage.missing).toEqual([]);
    // What is held, or fails closed where nobody can tell, says so to who reads the table.
    const held = report.cases.filter(({ got }) => got.effect === 'require_approval');
    const notes = table.match(/^ {4}note: /gm)?.length ?? 0;
    expect(notes).toBeGreaterThanOrEqual(held.length);
  });

  test('on top of the default it narrows and never widens', async () => {
    const server = {
      layer: 'server',
      name: 'default',
      text: PRESETS['workspace-read']?.('/workspace') ?? '',
    } as const;
    const policy = loadPolicy([server, { layer: 'session', name, text: text(name) }]);
    const cases = `version: 1
start_dir: /workspace
cases:
  - {name: no writing, principal: {id: a}, session: {tainted: false}, action: {action: fs.write, resource: notes.md}, expect: {effect: deny}}
  - {name: no posting, principal: {id: a}, session: {tainted: false}, action: {action: http.post, resource: "https://example.com/"}, expect: {effect: deny}}
  - {name: no secret, principal: {id: a}, session: {tainted: false}, action: {action: fs.read, resource: data/.env}, expect: {effect: deny}}
`;
    expect((await runPolicyCases(policy, cases)).failed).toBe(0);
  });
});

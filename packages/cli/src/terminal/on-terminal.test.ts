/** What only a person at a terminal sees: questions, colours, titles. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { canDrive, onTerminal as driven } from '../testing/on-terminal.ts';
import { type Place, place } from '../testing/run.ts';

let here: Place;
beforeEach(() => {
  here = place();
});
afterEach(() => here.clear());

const onTerminal = (
  args: readonly string[],
  answers: readonly (readonly [expected: string, keys: string])[] = [],
  env: Record<string, string> = {},
) => driven(here, args, answers, env);

describe.skipIf(!canDrive)('on a terminal', () => {
  test('init asks, and writes what was chosen', () => {
    const { code, out } = onTerminal(
      ['init'],
      [
        ['Which directory', '\r'],
        ['Which policy', '\u001b[B\r'],
        ['Enforce it', '\u001b[B\r'],
        ['journal survive', '\r'],
      ],
    );
    expect(code, out).toBe(0);
    const config = readFileSync(join(here.dir, 'portcullis.yaml'), 'utf8');
    expect(config).toMatch(/^mode: observe$/m);
    expect(config).toContain('allow_runners:');
    expect(readFileSync(join(here.dir, 'policy.yaml'), 'utf8')).toContain('# Permissive');
  });

  test.each(['Which directory', 'Which policy'])(
    'Ctrl-C at "%s" ends it, nothing is written',
    (at) => {
      const { code, out } = onTerminal(
        ['init'],
        at === 'Which directory'
          ? [[at, '\u0003']]
          : [
              ['Which directory', '\r'],
              [at, '\u0003'],
            ],
      );
      expect(code).toBe(1);
      expect(out).toContain('nothing was written');
      expect(readdirSync(here.dir)).not.toContain('portcullis.yaml');
    },
  );

  test('a log line fits a narrow terminal as far as it can, with titles and colours', async () => {
    writeFileSync(join(here.dir, 'a.txt'), 'a');
    await here.run(['submit', 'fs.read', 'a.txt', '--local']);
    const { out } = onTerminal(['log', '--local']);
    expect(out).toContain('\u001b[32mpermit\u001b[39m');
    expect(out).toContain('resource');
    expect(out).toContain('…');
    const plain = onTerminal(['log', '--local'], [], { NO_COLOR: '1' });
    expect(plain.out).not.toContain('\u001b[');
  });

  test('a hostile file cannot command it', async () => {
    writeFileSync(join(here.dir, 'h.txt'), '\u001b]0;owned\u0007\u001b[2J\u001b[8mhidden\u202e\n');
    const { out } = onTerminal(['submit', 'fs.read', 'h.txt', '--local'], [], { NO_COLOR: '1' });
    expect(out).toContain('\\u{1b}]0;owned\\u{7}\\u{1b}[2J\\u{1b}[8mhidden\\u{202e}');
    expect(out).not.toMatch(/(?![\r\n])[\p{Cc}\p{Cf}]/u);
  });
});

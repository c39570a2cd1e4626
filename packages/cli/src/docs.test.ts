/** The page of the command and the command say the same. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { program } from './program.ts';
import { openTerminal } from './terminal/terminal.ts';

const page = (name: string): string =>
  fileURLToPath(new URL(`../../../docs/${name}`, import.meta.url));

test('docs/command-line.md names every command and every option', () => {
  const text = readFileSync(page('command-line.md'), 'utf8');
  const common = ['--config', '--data-dir', '--url', '--local', '--json'];
  const visit = (command: Command, name: string): void => {
    if (command.commands.length === 0) expect(text).toContain(name);
    for (const { long, hidden } of command.options) {
      if (long && !hidden && !common.includes(long))
        expect(text, `${name} ${long}`).toContain(long);
    }
    for (const child of command.createHelp().visibleCommands(command))
      visit(child, `${name} ${child.name()}`);
  };
  visit(
    program(async () => {}, openTerminal()),
    'portcullis',
  );
  for (const option of common) expect(text).toContain(option);
});

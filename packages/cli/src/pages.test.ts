/**
 * What the pages say of each other and of the tools is there: links and their anchors, the index, commands and options, paths, policies,
 * label files and settings.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { checkPolicy, loadLabels } from '@portcullis/kernel';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { program } from './program.ts';
import { openTerminal } from './terminal/terminal.ts';

const root = join(import.meta.dirname, '../../..');
const under = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.includes('node_modules'))
    .map((name) => join(folder, name));
const pages = [
  ...['README.md', 'ARCHITECTURE.md', 'SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md'],
  ...['docs', 'examples', 'conformance', 'bench', 'python', 'policies'].flatMap(under),
];
const text = (page: string): string => readFileSync(join(root, page), 'utf8');

/** Fenced blocks with their language, and indented ones without. */
function blocks(page: string): { language: string; body: string }[] {
  const found: { language: string; body: string }[] = [];
  const rest = text(page).replace(/^```(\w*)\n([\s\S]*?)^```$/gm, (_, language, body) => {
    found.push({ language, body });
    return '\n';
  });
  for (const [body] of rest.matchAll(/(?:^ {4}.*\n(?:\n(?= {4}))?)+/gm))
    found.push({ language: '', body: body.replace(/^ {4}/gm, '') });
  return found;
}

const prose = (page: string): string => text(page).replace(/^```[\s\S]*?^```$/gm, '');
const anchors = (page: string): string[] =>
  [...prose(page).matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
    (title as string)
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

const commands = program(async () => {}, openTerminal());

describe.each(pages)('%s', (page) => {
  it('links to what is there', () => {
    for (const [, target] of prose(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target as string)) continue;
      const [path, anchor] = (target as string).split('#') as [string, string?];
      const file = path === '' ? page : relative(root, join(root, dirname(page), path));
      expect(existsSync(join(root, file)), target).toBe(true);
      if (anchor !== undefined) expect(anchors(file), target).toContain(anchor);
    }
  });

  it('names files that are there', () => {
    const named =
      /`((?:packages|conformance|policies|bench|examples|deploy|scripts|python|docs)\/[\w./-]+)`/g;
    for (const [, path] of prose(page).matchAll(named))
      if (!path?.includes('NAME')) expect(existsSync(join(root, path as string)), path).toBe(true);
  });

  it('calls commands with options that they have', () => {
    for (const { body } of blocks(page)) {
      const lines = body.replace(/\\\n\s*/g, ' ').replace(/\n {12,}(?=\[)/g, ' ');
      for (const [, call] of lines.matchAll(/^(?:npx )?portcullis (.*)$/gm)) {
        const said = (call as string).replace(/ {2,}#.*$/, '');
        let command: Command = commands;
        for (const word of said.split(/[\s|]+/)) {
          const next = command.commands.find((each) => each.name() === word);
          if (next === undefined) break;
          command = next;
        }
        expect(command, said).not.toBe(commands);
        const options = command.options.map((option) => option.long);
        for (const [option] of said.matchAll(/--[a-z][\w-]*/g))
          expect(options, said).toContain(option);
      }
    }
  });

  it('shows policies and label files that load', () => {
    for (const { body } of blocks(page)) {
      if (/^\s*(?:<|\{)|^(?:portcullis|curl|import) |^cases:/m.test(body)) continue;
      if (/^tools:/m.test(body))
        expect(() => loadLabels({ objects: [parse(body)] }), body).not.toThrow();
      else if (/^(?:rules|behaviour|budgets|invariants):|^ *- \{?name: /m.test(body)) {
        const policy = /^(?:rules|behaviour|budgets|invariants):/m.test(body)
          ? body
          : `rules:\n${body.replace(/^(?=- )/gm, '  ')}`;
        const report = checkPolicy(`${/^version:/m.test(policy) ? '' : 'version: 1\n'}${policy}`);
        expect(
          report.diagnostics.filter(({ severity }) => severity === 'error'),
          body,
        ).toEqual([]);
      }
    }
  });
});

it('the page of TypeScript names every verb', () => {
  const kernel = readFileSync(join(root, 'packages/wire/src/kernel.ts'), 'utf8');
  const page = text('docs/typescript.md');
  for (const [, verb] of kernel.matchAll(/^ {2}(\w+)\(/gm))
    expect(page).toMatch(new RegExp(`\\b${verb}\\b`));
});

it.each(['ARCHITECTURE.md', 'SECURITY.md'])('%s names folders and files that are there', (page) => {
  const bases = ['packages/kernel/src', 'packages/sidecar/src', 'packages', '.'];
  const named = [...text(page).matchAll(/`([a-z][\w./*-]*(?:\/|\/[\w*-]+\.(?:ts|py)))`/g)];
  expect(named.length).toBeGreaterThan(20);
  for (const [, path] of named)
    expect(
      bases.some((base) => existsSync(join(root, base, path as string))),
      path,
    ).toBe(true);
});

/** The folders that the tree names in lines of this depth. */
const drawn = (tree: string, depth: number): string[] =>
  tree
    .split('\n')
    .flatMap((line) => line.match(`^ {${depth}}((?:[\\w-]+/ ?)+)`)?.[1]?.trim().split(' ') ?? [])
    .sort();

const foldersOf = (path: string, but: readonly string[] = []): string[] =>
  readdirSync(join(root, path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !but.includes(entry.name))
    .map((entry) => `${entry.name}/`)
    .sort();

it('the tree of ARCHITECTURE has every folder of the kernel and of its verbs, and no other', () => {
  const [, tree = ''] = text('ARCHITECTURE.md').match(/^ {6}kernel\/src\/\n((?: {8}.*\n)+)/m) ?? [];
  expect(drawn(tree, 8)).toEqual(foldersOf('packages/kernel/src', ['testing', 'wiring']));
  expect(drawn(tree, 10)).toEqual(foldersOf('packages/kernel/src/verbs'));
});

it('the index has every page', () => {
  const index = text('docs/README.md');
  for (const page of under('docs'))
    if (page !== 'docs/README.md')
      expect(index).toContain(relative('docs', page).replace(/^coming-from\/.*/, 'coming-from'));
});

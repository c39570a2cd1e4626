/** Which tables of cases belong to which policy: NAME.cases.yaml beside NAME.yaml, or what a table says itself. */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, extname, join, relative, resolve } from 'node:path';
import { UsageError } from '../exit.ts';
import { readPolicy } from './document.ts';

export interface Table {
  /** As it is shown. */
  readonly table: string;
  readonly text: string;
  readonly policy: string;
}

const CASES = /\.cases\.(ya?ml|json)$/;
const EXTENSIONS = ['.yaml', '.yml', '.json', '.toml'];

/** `named` are policies or tables; none stands for every table in the working directory. */
export async function findTables(named: readonly string[]): Promise<Table[]> {
  const files = named.length > 0 ? named : readdirSync('.').filter((name) => CASES.test(name));
  if (files.length === 0) {
    throw new UsageError('there is no table of cases here', ['a table is called NAME.cases.yaml']);
  }
  const found = await Promise.all(
    files.map((file) => (CASES.test(file) ? byTable(file) : byPolicy(file))),
  );
  // A policy and its table, both named, are one.
  return [...new Map(found.map((table) => [resolve(table.table), table])).values()];
}

async function byTable(file: string): Promise<Table> {
  const { policyOfCases } = await import('@portcullis/kernel');
  const { text } = readPolicy(resolve(file), file);
  const said = policyOfCases(text);
  if (said !== undefined) return { table: file, text, policy: join(dirname(file), said) };
  const stem = file.replace(CASES, '');
  const policy = EXTENSIONS.map((extension) => stem + extension).find((path) => existsSync(path));
  if (policy === undefined) {
    throw new UsageError(`${file} names no policy and there is no ${shown(stem)}.yaml beside it`);
  }
  return { table: file, text, policy };
}

async function byPolicy(file: string): Promise<Table> {
  const stem = file.slice(0, file.length - extname(file).length);
  const table = ['.cases.yaml', '.cases.yml', '.cases.json']
    .map((ending) => stem + ending)
    .find((path) => existsSync(path));
  readPolicy(resolve(file), file);
  if (table === undefined) {
    throw new UsageError(`there is no table of cases beside ${file}`, [
      `it would be called ${shown(stem)}.cases.yaml`,
    ]);
  }
  return { table, text: readPolicy(resolve(table), table).text, policy: file };
}

const shown = (path: string): string => relative('.', path) || path;

/** docs/wire.md lists the routes as they are. `WRITE_DOCS=1` writes the list. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ROUTES } from './table.ts';

const PAGE = fileURLToPath(new URL('../../../../docs/wire.md', import.meta.url));
const LIST = /(<!-- routes:[^\n]*-->\n)([\s\S]*?)(<!-- \/routes -->)/;

test('the page has every route, its rights and what it does', () => {
  const rows = ROUTES.map(({ method, path, access, summary }) => {
    const rights = access === 'public' ? 'public' : access.join(' or ') || 'any';
    return `| \`${method}\` | \`${path}\` | ${rights} | ${summary} |\n`;
  });
  const list = `| | route | rights | what it does |\n|---|---|---|---|\n${rows.join('')}`;
  const page = readFileSync(PAGE, 'utf8');
  if (process.env.WRITE_DOCS === '1') writeFileSync(PAGE, page.replace(LIST, `$1${list}$3`));
  expect(LIST.exec(readFileSync(PAGE, 'utf8'))?.[2]).toBe(list);
});

/** For an agent nobody knows yet: it reads, and a search for a way around ends at the fifth refusal. */
import {
  afterRefusals,
  getFromTheWeb,
  noDatabaseWrites,
  noFileWrites,
  noSends,
  noShell,
  queryDatabase,
  READS,
  readBelow,
} from './rules.ts';
import { noSecrets } from './text.ts';

export const safe = (
  startDir: string,
): string => `# safe: read files, the web and databases; after five refusals no web.
version: 1
visible: true
description: Read three directories, GET from public addresses, query databases; nothing changes.
remedy: Read below data, docs or workspace, use http.get or sql.query. Anything else needs another preset.
rules:
${afterRefusals(5, 'http.*')}${noSecrets(READS)}${noShell}${noFileWrites}${noSends}${noDatabaseWrites}${readBelow(startDir, 'data', 'docs', 'workspace')}${getFromTheWeb}${queryDatabase}`;

/** For an agent that answers from documents and a database, and never goes to the network. */
import {
  noDatabaseWrites,
  noFileWrites,
  noSends,
  noShell,
  queryDatabase,
  READS,
  readBelow,
} from './rules.ts';
import { noSecrets } from './text.ts';

export const ragReader = (
  startDir: string,
): string => `# rag-reader: read documents and query databases.
version: 1
visible: true
description: Read docs and data below the start directory, and query databases. No network.
remedy: Read below docs or data, or use sql.query. Anything else needs another preset.
rules:
${noSecrets(READS)}${noShell}${noFileWrites}${noSends}${noDatabaseWrites}${readBelow(startDir, 'docs', 'data')}${queryDatabase}`;

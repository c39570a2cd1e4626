/** For an agent that reads the web and a few directories, and answers. */
import { getFromTheWeb, noFileWrites, noSends, noShell, READS, readBelow } from './rules.ts';
import { noSecrets } from './text.ts';

export const safeResearch = (
  startDir: string,
): string => `# safe-research: read the web and three directories.
version: 1
visible: true
description: GET from public addresses, and read data, docs and workspace below the start directory.
remedy: Read below data, docs or workspace, or use http.get. Anything else needs another preset.
rules:
${noSecrets(READS)}${noShell}${noFileWrites}${noSends}${readBelow(startDir, 'data', 'docs', 'workspace')}${getFromTheWeb}`;

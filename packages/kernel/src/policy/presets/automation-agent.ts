/** For an agent that moves records between services: web and databases, no files and no programs. */
import {
  changeDatabase,
  getFromTheWeb,
  noFiles,
  noShell,
  queryDatabase,
  sendWhileClean,
} from './rules.ts';

export const automationAgent = (
  _startDir: string,
): string => `# automation-agent: GET, POST and databases.
version: 1
visible: true
description: GET and POST to public addresses, query and change databases. No files, no programs.
remedy: Use http.get, http.post or the database. Anything else needs another preset.
rules:
${noShell}${noFiles}${sendWhileClean('http.post')}${changeDatabase}${getFromTheWeb}${queryDatabase}`;

/** For a researcher's own agent: wide, with a person before programs and before what strangers may have chosen is sent. */
import {
  afterRefusals,
  approvedShell,
  changeDatabase,
  getFromTheWeb,
  noPlantedCode,
  queryDatabase,
  readBelow,
  sendWhileClean,
  writeBelow,
} from './rules.ts';
import { noSecrets } from './text.ts';

export const research = (
  startDir: string,
): string => `# research: files, web and databases; programs after a person looked.
version: 1
visible: true
description: Read and write below the start directory, GET and POST, databases; programs are held for a person.
remedy: Work below the start directory, use http.get, http.post or the database. Anything else needs another preset.
rules:
${afterRefusals(20, '[fs.write, fs.append, fs.delete, fs.move, http.post, http.put, http.patch, http.delete, sql.exec, sql.mutate, proc.*]')}${noSecrets('fs.*')}${noPlantedCode}${approvedShell}${sendWhileClean('http.post')}${readBelow(startDir, '')}${writeBelow(startDir)}${changeDatabase}${getFromTheWeb}${queryDatabase}`;

/** For an agent that works on a project beside its user, who is asked before a program runs. */
import {
  approvedShell,
  getFromTheWeb,
  noPlantedCode,
  noSends,
  readBelow,
  writeBelow,
} from './rules.ts';
import { noSecrets } from './text.ts';

export const workspaceAssistant = (
  startDir: string,
): string => `# workspace-assistant: read and write the project, GET the web, programs after a person looked.
version: 1
visible: true
description: Read and write below the start directory, GET from public addresses; programs are held for a person.
remedy: Read or write below the start directory, or use http.get. Anything else needs another preset.
rules:
${noSecrets('fs.*')}${noPlantedCode}${noSends}${approvedShell}${readBelow(startDir, '')}${writeBelow(startDir)}${getFromTheWeb}`;

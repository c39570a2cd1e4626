/** Policies that come with Portcullis, as texts: they are read, checked and compiled like any other. */
import { antiCollusion } from './presets/anti-collusion.ts';
import { automationAgent } from './presets/automation-agent.ts';
import { ragReader } from './presets/rag-reader.ts';
import { research } from './presets/research.ts';
import { safe } from './presets/safe.ts';
import { safeResearch } from './presets/safe-research.ts';
import { strict } from './presets/strict.ts';
import { workspaceAssistant } from './presets/workspace-assistant.ts';
import { workspaceRead } from './presets/workspace-read.ts';

export { workspaceRead };

/** By name: the text, for a start directory (an absolute canonical path). */
export const PRESETS: { readonly [name: string]: (startDir: string) => string } = Object.freeze({
  'workspace-read': workspaceRead,
  'safe-research': safeResearch,
  'rag-reader': ragReader,
  'workspace-assistant': workspaceAssistant,
  'automation-agent': automationAgent,
  safe,
  strict,
  research,
  'anti-collusion': antiCollusion,
});

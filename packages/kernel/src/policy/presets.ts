/** Policies that come with Portcullis, as texts: they are read, checked and compiled like any other. */
import { antiCollusion } from './presets/anti-collusion.ts';
import { ariSix } from './presets/ari-six.ts';
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

/** Rules over the order of calls that a session's preset can have on top: `safe-research+ari-six`. They only take away. */
export const ADDITIONS: { readonly [name: string]: string } = Object.freeze({
  'ari-six': ariSix(5),
  'ari-six-3': ariSix(3),
  'ari-six-20': ariSix(20),
});

const SECTION = 'behaviour:\n';

/** The text of `preset` or `preset+addition`; undefined where either is not there. */
export function presetText(
  presets: typeof PRESETS,
  name: string,
): ((startDir: string) => string) | undefined {
  const plus = name.indexOf('+');
  const base = plus < 0 ? name : name.slice(0, plus);
  const text = Object.hasOwn(presets, base) ? presets[base] : undefined;
  if (plus < 0 || text === undefined) return text;
  const added = name.slice(plus + 1);
  const more = Object.hasOwn(ADDITIONS, added) ? ADDITIONS[added] : undefined;
  if (more === undefined) return undefined;
  // Where a preset has such rules of its own they are its last section, and the list goes on.
  return (startDir) => {
    const whole = text(startDir);
    const goesOn = whole.startsWith(SECTION) || whole.includes(`\n${SECTION}`);
    return whole + (goesOn ? more.slice(SECTION.length) : more);
  };
}

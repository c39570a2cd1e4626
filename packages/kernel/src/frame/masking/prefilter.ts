/** A cheap look at a text, or at many together, that rules most searches out. */
import { assignsSecret } from './names.ts';
import { mayBeNetrc } from './netrc.ts';
import { type PersonalSigns, personalSigns } from './personal.ts';
import { announcesSecret } from './secret-forms.ts';

export interface Prefiltered {
  readonly secrets: boolean;
  /** 0 where none is asked for or none is there. */
  readonly personal: PersonalSigns;
}

/** Nothing to search for. */
export const CLEAN: Prefiltered = Object.freeze({ secrets: false, personal: 0 });

/** Whether a text may hold a secret of any kind. Most do not, and are searched no further. */
export const mayHoldSecrets = (text: string): boolean =>
  announcesSecret(text) || assignsSecret(text) || mayBeNetrc(text);

export function prefilter(text: string, asked: boolean): Prefiltered {
  const secrets = mayHoldSecrets(text);
  const personal = asked ? personalSigns(text) : 0;
  return secrets || personal !== 0 ? { secrets, personal } : CLEAN;
}

/** Of each what holds of all: nothing that is looked for reaches over the end of a line that is the end of its text. */
export const prefilterAll = (texts: readonly string[], asked: boolean): Prefiltered =>
  prefilter(texts.join('\n'), asked);

/** One look at a text, or at many together, that rules most searches out. */
import { assignsSecret } from './names.ts';
import { type PersonalSigns, personalSigns } from './personal.ts';
import { announcesSecret } from './secret-forms.ts';

export interface Look {
  readonly secrets: boolean;
  /** 0 where none is asked for or none is there. */
  readonly personal: PersonalSigns;
}

/** Nothing to search for. */
export const CLEAN: Look = Object.freeze({ secrets: false, personal: 0 });

export function lookAt(text: string, asked: boolean): Look {
  const secrets = announcesSecret(text) || assignsSecret(text);
  const personal = asked ? personalSigns(text) : 0;
  return secrets || personal !== 0 ? { secrets, personal } : CLEAN;
}

/** Of each what holds of all: nothing that is looked for reaches over the end of a line that is the end of its text. */
export const lookAtAll = (texts: readonly string[], asked: boolean): Look =>
  lookAt(texts.join('\n'), asked);

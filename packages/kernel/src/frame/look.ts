/** One look at a text, or at many together, that rules most searches out. */
import { assignsSecret } from './names.ts';
import { type PersonalSigns, personalSigns } from './personal.ts';
import { announcesSecret } from './secret-forms.ts';

export interface Look {
  readonly secrets: boolean;
  /** 0 where none is asked for or none is there. */
  readonly personal: PersonalSigns;
}

export const lookAt = (text: string, personal: boolean): Look => ({
  secrets: announcesSecret(text) || assignsSecret(text),
  personal: personal ? personalSigns(text) : 0,
});

/** Of each what holds of all: nothing that is looked for reaches over the end of a line that is the end of its text. */
export const lookAtAll = (texts: readonly string[], personal: boolean): Look =>
  lookAt(texts.join('\n'), personal);

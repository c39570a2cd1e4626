/** What several answers say in the same words. The values are safe text already. */
import type { ApprovalTerm, Label } from '@portcullis/wire';
import { moment } from '../terminal/numbers.ts';

export const labelText = ({ integrity, confidentiality, source, origin }: Partial<Label>): string =>
  `${integrity}, ${confidentiality}: ${source} ${origin}`;

export const termText = (term: ApprovalTerm): string =>
  typeof term === 'string' ? term : `until ${moment(new Date(term.until).toISOString())}`;

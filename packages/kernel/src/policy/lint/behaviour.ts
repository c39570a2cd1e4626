/** Rules over calls that load and are probably not meant: steps that nothing joins, arrows into every call, files that are no paths. */
import type { Diagnostics, Path } from '../document/diagnostics.ts';
import type { Behaviour } from '../document/schema.ts';
import { parseSequence } from '../document/sequence.ts';
import { many } from '../document/terms.ts';
import { lintFiles } from './files.ts';

export function lintBehaviour(
  { name, across, sequence, steps }: Behaviour,
  at: Path,
  into: Diagnostics,
): void {
  const parsed = parseSequence(sequence);
  if (parsed === undefined) return;
  const { names, arrows } = parsed;
  names.forEach((step, index) => {
    const written = steps[step];
    if (written === undefined) return;
    const path = [...at, 'steps', step];
    const actions = many(written.action);
    if (across === 'principals' && index > 0 && many(written.same).length === 0) {
      const message = `"${name}" takes ${step} by anybody, on anything, for what follows ${names[index - 1]}: say same`;
      into.warning('unjoined_step', path, message);
    }
    if (arrows[index - 1] === true && actions.length === 0) {
      const message = `"${name}" looks for the data in every call: name the actions of ${step}`;
      into.warning('wide_arrow', path, message);
    }
    lintFiles(actions, [...many(written.resource), ...many(written.except)], path, into);
  });
}

/** A policy file compiled, for judging situations that nobody is in. What does not load is printed, mistake by mistake. */
import type { loadPolicy } from '@portcullis/kernel';
import type { PolicyDiagnostic } from '@portcullis/wire';
import { UsageError } from '../exit.ts';
import { printable } from '../terminal/printable.ts';
import type { PolicyText } from './document.ts';

export type CompiledPolicy = ReturnType<typeof loadPolicy>;

export async function compile({ path, text, format }: PolicyText): Promise<CompiledPolicy> {
  const { loadPolicy } = await import('@portcullis/kernel');
  try {
    return loadPolicy([{ layer: 'server', name: path, text, format }]);
  } catch (error) {
    const { diagnostics } = error as { diagnostics?: readonly PolicyDiagnostic[] };
    if (diagnostics === undefined) throw error;
    throw new UsageError(
      `${path} does not load`,
      diagnostics
        .filter((found) => found.severity === 'error')
        .map((found) => `${found.line ?? 1}:${found.column ?? 1}  ${printable(found.message)}`),
    );
  }
}

/** For tests: four callers in processes of their own, two of them Python, one this TypeScript, one curl, that ask the same sidecar for the same. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Decision, JsonObject, Kernel } from '@portcullis/wire';
import type { WireTarget } from './wire.ts';

const PYTHON = join(import.meta.dirname, '..', '..', 'python');

export interface Caller {
  /** The code that it is answered. */
  call(): Promise<string>;
  end(): void;
}

/** One request, as each of them says it. */
export interface Asked {
  /** An expression over `kernel`. */
  readonly python: string;
  readonly typescript: (kernel: Kernel) => Promise<{ readonly decision: Decision }>;
  readonly path: string;
  readonly body: JsonObject;
}

/** `actors`: whose key each of them has, in the order Python, Python, TypeScript, curl. */
export async function fourCallers(
  target: WireTarget,
  asked: Asked,
  actors: readonly [string, string, string, string] = ['agent', 'agent', 'agent', 'agent'],
): Promise<Caller[]> {
  const [first, second, third, fourth] = actors;
  return [
    python(target, asked, first),
    python(target, asked, second),
    typescript(await target.kernel(third), asked),
    curl(target, asked, fourth),
  ];
}

function python(target: WireTarget, { python: expression }: Asked, actor: string): Caller {
  const program = `
import sys
from portcullis import create_kernel
with create_kernel() as kernel:
    for line in sys.stdin:
        print(${expression}.decision.code, flush=True)
`;
  const child = spawn('python3', ['-c', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      ...process.env,
      PYTHONPATH: PYTHON,
      PORTCULLIS_URL: target.url,
      PORTCULLIS_API_KEY: target.keys[actor],
    },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async call() {
      child.stdin.write('go\n');
      return (await lines.next()).value as string;
    },
    end: () => child.stdin.end(),
  };
}

function curl(target: WireTarget, { path, body }: Asked, actor: string): Caller {
  const headers = [`Authorization: Bearer ${target.keys[actor]}`, 'Content-Type: application/json'];
  const args = ['-s', `${target.url}${path}`, ...headers.flatMap((header) => ['-H', header])];
  return {
    async call() {
      const child = spawn('curl', [...args, '-d', JSON.stringify(body)]);
      let text = '';
      for await (const part of child.stdout) text += part;
      return (JSON.parse(text) as { decision: { code: string } }).decision.code;
    },
    end: () => {},
  };
}

const typescript = (kernel: Kernel, asked: Asked): Caller => ({
  call: async () => (await asked.typescript(kernel)).decision.code,
  end: () => {},
});

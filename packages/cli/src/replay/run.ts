/**
 * A recorded run as the gate may see it: the user's words, and each call with what came of it. Whatever else a file says of a run (what was
 * an attack, what was needed) is an answer: it is not part of this type, and is left out before a run reaches a worker.
 */
import type { Json, JsonObject } from '@portcullis/wire';
import { z } from 'zod';

const json = z.json() as z.ZodType<Json>;

const call = z.object({
  tool: z.string(),
  args: z.record(z.string(), json).nullish(),
  result: json.optional(),
  error: z.union([z.boolean(), z.string()]).nullish(),
});

const runSchema = z.object({
  id: z.string(),
  suite: z.string().optional(),
  user_prompt: z.string().nullish(),
  prompts: z.array(z.string()).nullish(),
  user_turns: z.array(z.object({ before_call: z.number(), text: z.string() })).nullish(),
  calls: z.array(call),
});

export interface Run {
  readonly id: string;
  readonly suite: string;
  /** What the user said, and before which call. */
  readonly turns: readonly { readonly before: number; readonly text: string }[];
  readonly calls: readonly RunCall[];
}

interface RunCall {
  readonly tool: string;
  readonly args: JsonObject;
  readonly result: Json;
  readonly failed: boolean;
}

/** Throws an Error that says what is wrong. */
export function readRun(line: string): Run {
  const read = runSchema.parse(JSON.parse(line));
  const turns = [
    ...[read.user_prompt ?? [], read.prompts ?? []].flat().map((text) => ({ before: 0, text })),
    ...(read.user_turns ?? []).map(({ before_call, text }) => ({ before: before_call, text })),
  ].sort((a, b) => a.before - b.before);
  return {
    id: read.id,
    suite: read.suite ?? '',
    turns,
    calls: read.calls.map((one) => ({
      tool: one.tool,
      args: one.args ?? {},
      result: one.result ?? null,
      failed: one.error !== undefined && one.error !== null && one.error !== false,
    })),
  };
}

/** Tool schemas as frameworks write them: a list, an object of lists by set, `{tools: […]}`, plain or wrapped in `function`. */
import type { Json } from '@portcullis/wire';
import { z } from 'zod';
import type { ToolSchema } from './suggest.ts';

const json = z.json() as z.ZodType<Json>;
const plain = z.object({
  name: z.string().min(1),
  description: z.string().optional(),
  parameters: json.optional(),
  inputSchema: json.optional(),
  input_schema: json.optional(),
});
const tool = z.union([z.object({ function: plain }).transform((one) => one.function), plain]);
const list = z.array(tool);
const file = z.union([list.transform((tools) => ({ '': tools })), z.record(z.string(), list)]);

/** Set name to tools; the empty name where the file has one set. Throws where it is none of these. */
export function readTools(text: string): ReadonlyMap<string, readonly ToolSchema[]> {
  const sets = file.parse(JSON.parse(text));
  return new Map(
    Object.entries(sets).map(([set, tools]) => [
      set === 'tools' ? '' : set,
      tools.map(({ name, description, parameters, inputSchema, input_schema }) => ({
        name,
        ...(description === undefined ? {} : { description }),
        parameters: parameters ?? inputSchema ?? input_schema ?? null,
      })),
    ]),
  );
}

/**
 * Shapes: what an answer must look like before a program gets to see it. A shape says what is wrong, or nothing.
 * Members that the shape does not name pass: the wire is additive within v1.
 */
export type Shape = (value: unknown) => string | undefined;

type Optional<T> = { [K in keyof T]-?: undefined extends T[K] ? K : never }[keyof T];
type Members<T> = { readonly [K in keyof T]-?: K extends Optional<T> ? OptionalShape : Shape };
interface OptionalShape {
  readonly optional: Shape;
}

export const optional = (shape: Shape): OptionalShape => ({ optional: shape });

/** Every member that the type has must be named, optional ones as `optional`: the compiler holds both to each other. */
export function object<T>(members: Members<T>): Shape {
  const all = Object.entries(members) as [string, Shape | OptionalShape][];
  const fields = all.map(([key, shape]) =>
    typeof shape === 'function'
      ? { key, shape, required: true }
      : { key, shape: shape.optional, required: false },
  );
  return (value) => {
    if (!isObject(value)) return ' is not an object';
    for (const { key, shape, required } of fields) {
      const member = value[key];
      if (member === undefined) {
        if (required) return `.${key} is missing`;
        continue;
      }
      const wrong = shape(member);
      if (wrong !== undefined) return `.${key}${wrong}`;
    }
    return undefined;
  };
}

export function list(shape: Shape): Shape {
  return (value) => {
    if (!Array.isArray(value)) return ' is not a list';
    for (let i = 0; i < value.length; i++) {
      const wrong = shape(value[i]);
      if (wrong !== undefined) return `[${i}]${wrong}`;
    }
    return undefined;
  };
}

export const text: Shape = (value) => (typeof value === 'string' ? undefined : ' is not a text');
export const flag: Shape = (value) =>
  typeof value === 'boolean' ? undefined : ' is not a boolean';
export const number: Shape = (value) =>
  typeof value === 'number' ? undefined : ' is not a number';
export const count: Shape = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? undefined : ' is not a count';
export const anything: Shape = () => undefined;
export const anyObject: Shape = (value) => (isObject(value) ? undefined : ' is not an object');

export function oneOf(...words: readonly string[]): Shape {
  return (value) =>
    typeof value === 'string' && words.includes(value)
      ? undefined
      : ` is not one of ${words.join(', ')}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

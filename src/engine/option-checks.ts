/** What an option takes: in words, and as a test. `undefined` and `null` stand for the default everywhere. */
export interface OptionKind {
  readonly expected: string;
  readonly fits: (value: unknown) => boolean;
}

function kind(expected: string, fits: (value: unknown) => boolean): OptionKind {
  return { expected, fits };
}

export const amount = kind("a number, 0 or more", (value) => typeof value === "number" && value >= 0);
export const text = kind("a text", (value) => typeof value === "string");
export const callback = kind("a function", (value) => typeof value === "function");
/** Taken as true or false, whatever it is. */
export const flag = kind("a boolean", () => true);
export const flagOrObject = kind("a boolean or an object", (value) => typeof value === "boolean" || typeof value === "object");

export function oneOf(...names: readonly string[]): OptionKind {
  return kind(names.map((name) => `"${name}"`).join(" or "), (value) => (names as readonly unknown[]).includes(value));
}

/** Throws a `TypeError` for a value that its option does not take. `prefix` is what the options are part of, such as `limits.` */
export function checkOptions(options: object, kinds: Readonly<Record<string, OptionKind>>, prefix = ""): void {
  for (const [name, { expected, fits }] of Object.entries(kinds)) {
    const value = (options as Record<string, unknown>)[name];
    if (value === undefined || value === null || fits(value)) continue;
    throw new TypeError(`Cannot use the option ${prefix}${name}: expected ${expected}, got ${show(value)}`);
  }
}

/** A value as an error message shows it. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  return Array.isArray(value) ? "an array" : "an object";
}

/** The one of `known` that `name` is likely to be a slip of. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const slips = name.length < 8 ? 1 : 2;
  return known.find((other) => Math.abs(other.length - name.length) <= slips && distance(name.toLowerCase(), other.toLowerCase()) <= slips);
}

/** How many letters must be put in, left out or changed to make one word the other (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j += 1) next.push(Math.min(row[j + 1]! + 1, next[j]! + 1, row[j]! + (letter === b[j] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}

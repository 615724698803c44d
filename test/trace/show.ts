/** Values as text, with the type names that a trace compares. */

/** Text of `value`; objects that `names` knows are shown by that name. */
export function show(value: unknown, names: ReadonlyMap<unknown, string> = new Map()): string {
  const known = names.get(value);
  if (known !== undefined) return known;
  if (typeof value === "function") return "function";
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object" || value === null) return String(value);
  return showObject(value, (part) => show(part, names));
}

function showObject(value: object, inner: (part: unknown) => string): string {
  const type = typeName(value);
  if (ArrayBuffer.isView(value)) return `${type}<${hex(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))}>`;
  if (value instanceof ArrayBuffer) return `${type}<${hex(new Uint8Array(value))}>`;
  if (Array.isArray(value)) return `[${value.map(inner).join(", ")}]`;
  if (value instanceof Set) return `Set{${[...value].map(inner).join(", ")}}`;
  if (value instanceof Map) return `Map{${[...value].map(([key, item]) => `${inner(key)} => ${inner(item)}`).join(", ")}}`;
  if (value instanceof Error) return `${type}(${JSON.stringify(value.message)})`;
  if (type !== "Object") return `<${type}>`;
  return `{${Object.entries(value).map(([key, item]) => `${key}: ${inner(item)}`).join(", ")}}`;
}

/** Name of the constructor; an object without a prototype counts as a plain one. */
export function typeName(value: object): string {
  return Object.getPrototypeOf(value)?.constructor?.name ?? "Object";
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

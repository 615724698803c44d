import type { Observations } from "./observations.ts";

/** What happened, as a number that is the same for the same run, and as lines for people. */
export class Trace {
  readonly lines: string[] = [];
  readonly #isReadable: boolean;
  #hash = 0x811c9dc5;

  constructor(isReadable: boolean) {
    this.#isReadable = isReadable;
  }

  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, "0");
  }

  /** What is a matter of reports alone has no place in the hash: without it, a run goes the same way (I25). */
  note<Kind extends keyof Observations>(time: number, kind: Kind, what: Observations[Kind]): void {
    if (kind !== "appThrew" && kind !== "faultReported") this.#addAll(time, kind, what);
    if (this.#isReadable) this.lines.push(`${String(time).padStart(8)}  ${kind.padEnd(16)} ${describe(what)}`);
  }

  #addAll(time: number, kind: string, what: object): void {
    this.#add(kind);
    this.#addNumber(time);
    for (const value of Object.values(what) as unknown[]) {
      if (typeof value === "string") this.#add(value);
      else if (typeof value === "number") this.#addNumber(value);
    }
  }

  #add(text: string): void {
    for (let at = 0; at < text.length; at++) this.#addNumber(text.charCodeAt(at));
  }

  #addNumber(value: number): void {
    this.#hash = Math.imul(this.#hash ^ value, 0x01000193);
  }
}

function describe(what: object): string {
  return Object.entries(what).flatMap(([name, value]) => (isShown(value) ? [`${name}=${show(value)}`] : [])).join(" ");
}

function isShown(value: unknown): boolean {
  return typeof value !== "object" || Array.isArray(value) || value instanceof Error || value instanceof Uint8Array;
}

function show(value: unknown): string {
  if (value instanceof Uint8Array) return `<${value.length} bytes>`;
  if (typeof value === "function") return String(value());
  const text = value instanceof Error ? String(value.stack) : typeof value === "string" ? value : JSON.stringify(value) ?? "undefined";
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}

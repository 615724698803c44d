import type { Observations } from "./observations.ts";

/** What happened, as a number that is the same for the same run, and as lines where somebody wants to read it. */
export class Trace {
  readonly lines: string[] | undefined;
  #hash = 0x811c9dc5;

  constructor(readable: boolean) {
    this.lines = readable ? [] : undefined;
  }

  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, "0");
  }

  note<Kind extends keyof Observations>(time: number, kind: Kind, what: Observations[Kind]): void {
    this.#add(kind);
    this.#addNumber(time);
    for (const value of Object.values(what)) {
      if (typeof value === "string") this.#add(value);
      else if (typeof value === "number") this.#addNumber(value);
    }
    this.lines?.push(`${String(time).padStart(8)}  ${kind.padEnd(16)} ${describe(what)}`);
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
  const text = value instanceof Error ? String(value.stack) : typeof value === "string" ? value : JSON.stringify(value) ?? "undefined";
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}

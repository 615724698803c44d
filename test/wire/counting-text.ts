/**
 * Stands in for a string and counts the characters that its reader looks at, scans or copies.
 *
 * Work is then a number of steps, the same on every machine.
 */
export class CountingText {
  steps = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** For a function that takes a string, and uses only what is here. */
  asString(): string {
    return this as unknown as string;
  }

  get length(): number {
    return this.#text.length;
  }

  charCodeAt(at: number): number {
    this.steps++;
    return this.#text.charCodeAt(at);
  }

  charAt(at: number): string {
    this.steps++;
    return this.#text.charAt(at);
  }

  indexOf(search: string, from: number): number {
    const found = this.#text.indexOf(search, from);
    this.steps += (found === -1 ? this.#text.length : found) - from;
    return found;
  }

  slice(from: number, to = this.#text.length): string {
    const part = this.#text.slice(from, to);
    this.steps += part.length;
    return part;
  }
}

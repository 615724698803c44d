import type { HeadersLike } from "../platform.ts";

/** Between names and values: neither can have it. */
const SEPARATOR = "\n";

/** Headers that outlive their request; much cheaper to copy than the `Headers` of some platforms. */
export class KeptHeaders implements HeadersLike {
  /** Names and values in turn. */
  readonly #parts: readonly string[];

  /** Takes what `text` gave. */
  constructor(text: string | readonly string[]) {
    this.#parts = typeof text === "string" ? text.split(SEPARATOR) : text;
  }

  static copy(headers: HeadersLike): KeptHeaders {
    const parts: string[] = [];
    headers.forEach((value, name) => parts.push(name, value));
    return new KeptHeaders(parts);
  }

  /** The least that they can be kept as. */
  get text(): string {
    return this.#parts.join(SEPARATOR);
  }

  get(name: string): string | null {
    for (let at = 0; at + 1 < this.#parts.length; at += 2) if (this.#parts[at] === name) return this.#parts[at + 1]!;
    return null;
  }

  forEach(visit: (value: string, name: string) => void): void {
    for (let at = 0; at + 1 < this.#parts.length; at += 2) visit(this.#parts[at + 1]!, this.#parts[at]!);
  }
}

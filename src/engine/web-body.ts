import type { BodyFailure } from "../platform.ts";

/** Bytes up to which a body is taken as a whole, which costs less than a stream. */
const WHOLE_LIMIT = 65_536;

/** The body of a `Request` of the Web: read once, or given up. */
export class WebBody {
  readonly #request: Request;
  #cancelled = false;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #giveUp: (() => void) | undefined;

  constructor(request: Request) {
    this.#request = request;
  }

  /** `length` is what the request says of it, 0 where it says nothing. */
  read(length: number, limit: number): Promise<Uint8Array | BodyFailure> {
    return length > 0 && length <= Math.min(limit, WHOLE_LIMIT) ? this.#readWhole(limit) : this.#readStream(limit);
  }

  cancel(): void {
    this.#cancelled = true;
    this.#giveUp?.();
    this.#reader?.cancel().catch(() => {});
  }

  #readWhole(limit: number): Promise<Uint8Array | BodyFailure> {
    return new Promise((resolve) => {
      const abort = (): void => resolve("aborted");
      this.#giveUp = abort;
      this.#request.arrayBuffer().then((body) => resolve(body.byteLength > limit ? "too-large" : new Uint8Array(body)), abort);
    });
  }

  async #readStream(limit: number): Promise<Uint8Array | BodyFailure> {
    const { body } = this.#request;
    if (body === null) return new Uint8Array(0);
    const reader = body.getReader();
    this.#reader = reader;
    try {
      return await this.#readAll(reader, limit);
    } catch {
      return "aborted";
    }
  }

  async #readAll(reader: ReadableStreamDefaultReader<Uint8Array>, limit: number): Promise<Uint8Array | BodyFailure> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for (;;) {
      const { value, done } = await reader.read();
      if (this.#cancelled) return "aborted";
      if (done) return join(chunks, size);
      size += value.length;
      if (size > limit) {
        this.cancel();
        return "too-large";
      }
      chunks.push(value);
    }
  }
}

function join(chunks: readonly Uint8Array[], size: number): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

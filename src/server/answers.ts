import { SocketDisconnectedError } from "./reasons.ts";

/** Collects the answers to one broadcast, and says so once it is clear how it ended. */
export class Answers {
  readonly #done: (error: Error | null, responses: unknown) => void;
  readonly #single: boolean;
  readonly #responses: unknown[] = [];
  #over = false;
  #expectedServers = -1;
  #countedServers = 0;
  #clients = 0;
  #lost = 0;

  constructor(single: boolean, done: (error: Error | null, responses: unknown) => void) {
    this.#single = single;
    this.#done = done;
  }

  expect(clients: number): void {
    this.#countedServers += 1;
    this.#clients += clients;
    this.#check();
  }

  servers(count: number): void {
    this.#expectedServers = count;
    this.#check();
  }

  add(response: unknown): void {
    // The app has what came in time.
    if (this.#over) return;
    this.#responses.push(response);
    this.#check();
  }

  lose(): void {
    this.#lost += 1;
    this.#check();
  }

  /** Adapters may reject with anything. */
  fail(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#done(asError(error), this.#single ? undefined : this.#responses);
  }

  #check(): void {
    if (this.#over || this.#countedServers < this.#expectedServers || this.#expectedServers === -1) return;
    if (this.#responses.length + this.#lost < this.#clients) return;
    if (this.#lost > 0) return this.fail(new SocketDisconnectedError());
    this.#over = true;
    this.#done(null, this.#single ? this.#responses[0] : this.#responses);
  }
}

/** The error that a promise for answers rejects with: `error` itself, if it takes the answers that came. */
export function withResponses(error: unknown, responses: unknown): Error & { responses: unknown } {
  const told = asError(error);
  return Object.assign(Object.isExtensible(told) ? told : new Error(told.message, { cause: told }), { responses });
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(`Cannot get the answers: ${String(error)}`, { cause: error });
}

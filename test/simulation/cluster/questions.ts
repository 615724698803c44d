/** A broadcast that asks for answers. Its name is also the only right answer. */
interface Question {
  readonly server: number;
  /** When it must be settled, by a process that does not stand still. */
  readonly due: number;
  readonly pausedBefore: number;
  /** Sockets that were sent it, on all servers. */
  sent: number;
  /** Clients that got it and answer. */
  willing: number;
  outcome: { readonly error: unknown; readonly values: readonly unknown[]; readonly count: number } | undefined;
}

/** I13 for broadcasts over the broker. */
export class Questions {
  readonly #fail: (id: string, message: string) => void;
  readonly #asked = new Map<string, Question>();

  constructor(fail: (id: string, message: string) => void) {
    this.#fail = fail;
  }

  /** Whether none waits for its answers. */
  get areSettled(): boolean {
    return [...this.#asked.values()].every(({ outcome }) => outcome !== undefined);
  }

  ask(server: number, item: string, due: number, pausedBefore: number): void {
    this.#asked.set(item, { server, due, pausedBefore, sent: 0, willing: 0, outcome: undefined });
  }

  /** A socket is sent `item`. */
  sent(item: string): void {
    const question = this.#asked.get(item);
    if (question !== undefined) question.sent += 1;
  }

  /** A client gets `item`, and is going to answer. */
  willBeAnswered(item: string): void {
    const question = this.#asked.get(item);
    if (question !== undefined) question.willing += 1;
  }

  settled(item: string, error: unknown, values: readonly unknown[], now: number, pausedFor: number): void {
    const question = this.#asked.get(item)!;
    const { due, pausedBefore, willing, outcome } = question;
    if (outcome !== undefined) return this.#fail("I13", `${item} was settled twice`);
    if (now > due + pausedFor - pausedBefore) this.#fail("I13", `${item} was settled at ${now}, and was due at ${due}`);
    if (values.some((value) => value !== item)) this.#fail("I13", `${item} got the answers ${values.join()}`);
    if (values.length > willing) this.#fail("I13", `${item} got ${values.length} answers of ${willing} clients`);
    question.outcome = { error, values, count: values.length };
  }

  /** Nobody waits any more for what a dead server has asked. */
  died(server: number): void {
    for (const [item, question] of this.#asked) if (question.server === server) this.#asked.delete(item);
  }

  /** All is quiet, and every deadline is over. */
  checkAll(): void {
    for (const [item, { outcome, sent }] of this.#asked) {
      if (outcome === undefined) return this.#fail("I13", `${item} was never settled`);
      const { error, values, count } = outcome;
      if (values.length !== count) this.#fail("I13", `${item} got more answers after it was settled`);
      if (error === null && count !== sent) this.#fail("I13", `${item} got ${count} answers of ${sent} sockets, and was taken for complete`);
    }
  }

  /** Nothing has failed while `item` was asked. */
  checkComplete(item: string, clients: number): void {
    const { outcome } = this.#asked.get(item)!;
    if (outcome?.error !== null) this.#fail("I13", `${item} was asked when all was well, and failed`);
    else if (outcome.count !== clients) this.#fail("I13", `${item} got ${outcome.count} answers of ${clients} clients`);
  }
}

import { Pieces } from "./pieces.ts";

/** Bytes up to which the frames of one turn are joined into one; of more, only short ones are joined, and all go to the kernel in one call. */
const JOIN_LIMIT = 65_536;

/** A connection that has something to write at the end of the turn. */
export interface Sender {
  flush(): void;
}

/** Holds back what one turn sends, so that each connection is written to once. */
export class Outbox {
  readonly #endOfTurn: (task: () => void) => void;
  #waiting: Sender[] = [];
  /** The chain that was begun last: in a broadcast the next connection wants the same. */
  #latest: Chain | undefined;
  readonly #flush = (): void => {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#latest = undefined;
    for (const sender of waiting) sender.flush();
  };

  constructor(endOfTurn: (task: () => void) => void) {
    this.#endOfTurn = endOfTurn;
  }

  /** Calls `flush` once before the platform has its turn. */
  add(sender: Sender): void {
    if (this.#waiting.push(sender) === 1) this.#endOfTurn(this.#flush);
  }

  /** A chain of `first` and `second`. */
  chain(first: Buffer, second: Buffer): Chain {
    if (this.#latest?.piece !== first) this.#latest = new Chain(first, undefined);
    return this.#latest.with(second);
  }
}

/**
 * What one turn sends over a connection, as a list that grows at its end.
 *
 * Connections that are sent the same share the same chains, so that a burst of broadcasts is joined once for all of them.
 */
export class Chain {
  readonly piece: Buffer;
  /** Bytes of it all. */
  readonly size: number;
  readonly #before: Chain | undefined;
  /** The chain that was made from this one last. */
  #longer: Chain | undefined;
  #pieces: readonly Buffer[] | undefined;

  constructor(piece: Buffer, before: Chain | undefined) {
    this.piece = piece;
    this.size = piece.length + (before?.size ?? 0);
    this.#before = before;
  }

  with(piece: Buffer): Chain {
    if (this.#longer?.piece !== piece) this.#longer = new Chain(piece, this);
    return this.#longer;
  }

  /** What is to be written: as few pieces as is good. */
  get pieces(): readonly Buffer[] {
    return (this.#pieces ??= join(this.#all, this.size));
  }

  get #all(): Buffer[] {
    const pieces: Buffer[] = [];
    // oxlint-disable-next-line no-this-alias
    for (let chain: Chain | undefined = this; chain !== undefined; chain = chain.#before) pieces.push(chain.piece);
    return pieces.reverse();
  }
}

function join(pieces: readonly Buffer[], size: number): readonly Buffer[] {
  if (size <= JOIN_LIMIT) return [Buffer.concat(pieces, size)];
  const joined = new Pieces();
  for (const piece of pieces) joined.add(piece);
  return joined.end();
}

/** Bytes up to which a piece is copied. Node cuts shorter ones out of a pool of 8 KiB, all of which stays as long as one of them does. */
const COPY_LIMIT = 4096;

/** Bytes of the first block and of the largest ones; each is twice as long as the one before. */
const FIRST_BLOCK = 256;
const LARGEST_BLOCK = 16_384;

const NO_BLOCK = Buffer.alloc(0);

/** Bytes that wait, in order. However short its pieces are, it takes little more than their bytes: an object for each would take 170 more. */
export class Pieces {
  readonly #pieces: Buffer[] = [];
  #size = 0;
  #block = NO_BLOCK;
  /** The part of `#block` that is not in `#pieces` yet, or not used yet. */
  #start = 0;
  #end = 0;

  get size(): number {
    return this.#size;
  }

  add(piece: Buffer): void {
    this.#size += piece.length;
    if (piece.length > COPY_LIMIT) {
      this.#cut();
      this.#pieces.push(piece);
      return;
    }
    if (this.#end + piece.length > this.#block.length) this.#nextBlock(piece.length);
    piece.copy(this.#block, this.#end);
    this.#end += piece.length;
  }

  /** All of it. Nothing may be added after. */
  end(): readonly Buffer[] {
    this.#cut();
    return this.#pieces;
  }

  #nextBlock(room: number): void {
    this.#cut();
    const length = Math.max(room, Math.min(2 * this.#block.length, LARGEST_BLOCK), FIRST_BLOCK);
    this.#block = Buffer.allocUnsafeSlow(length);
    this.#start = 0;
    this.#end = 0;
  }

  #cut(): void {
    if (this.#end > this.#start) this.#pieces.push(this.#block.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }
}

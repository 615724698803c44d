/** Looks at numbered messages, which begin at 0, and counts what did not come as it was sent. */
export class Sequence {
  #next = 0;
  #missing = new Set();
  #doubled = 0;
  #reordered = 0;

  add(number) {
    if (number < this.#next) {
      if (this.#missing.delete(number)) this.#reordered += 1;
      else this.#doubled += 1;
      return;
    }
    for (; this.#next < number; this.#next++) this.#missing.add(this.#next);
    this.#next += 1;
  }

  /** How many numbers have been seen, or skipped. */
  get length() {
    return this.#next;
  }

  /** What went wrong, once `total` numbers were sent. */
  result(total) {
    return { lost: this.#missing.size + Math.max(0, total - this.#next), doubled: this.#doubled, reordered: this.#reordered };
  }
}

/** The sum of several results. */
export function sum(results) {
  const all = { lost: 0, doubled: 0, reordered: 0 };
  for (const name of Object.keys(all)) for (const result of results) all[name] += result[name];
  return all;
}

/** The value below which `share` of all values are. */
export function quantile(values, share) {
  if (values.length === 0) return 0;
  return values.toSorted((left, right) => left - right)[Math.min(values.length - 1, Math.floor(values.length * share))];
}

/** Milliseconds as they are printed. */
export function round(milliseconds) {
  return Math.round(milliseconds * 10) / 10;
}

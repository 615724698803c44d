/** `data`, which the app can change in place without a word, as it was when it was last kept. A client's `auth` is as good as constant. */
export class Glance {
  readonly #holder: { readonly data: unknown };
  readonly #data: unknown;
  /** `undefined` where there is something that a glance cannot tell. */
  readonly #looks: readonly Look[] | undefined;

  constructor(holder: { readonly data: unknown }) {
    this.#holder = holder;
    this.#data = holder.data;
    this.#looks = tryLookInto(holder.data);
  }

  /** Whether it is certainly the same still; that costs much less than to keep it again. */
  get isCurrent(): boolean {
    try {
      return this.#looks !== undefined && Object.is(this.#holder.data, this.#data) && this.#looks.every(isStill);
    } catch {
      return false;
    }
  }
}

/** A plain object or a list as it was; what it holds has looks of its own. */
interface Look {
  readonly object: Container;
  /** Names and values in turn. */
  readonly entries: readonly unknown[];
  /** A list may have holes at its end. */
  readonly length: unknown;
}

type Container = Readonly<Record<string, unknown>>;

/** `undefined` where a getter of the app's fails, too. */
function tryLookInto(value: unknown): readonly Look[] | undefined {
  try {
    return lookInto(value);
  } catch {
    return undefined;
  }
}

/** Looks at all that `value` leads to. It may go deeper than the stack does: clients have a say in it. */
function lookInto(value: unknown): readonly Look[] | undefined {
  const found = new Set<Container>();
  const note = (each: unknown): boolean => isSimple(each) || (isContainer(each) && found.add(each).has(each));
  if (!note(value)) return undefined;
  const looks: Look[] = [];
  // The set grows meanwhile.
  for (const object of found) {
    const entries: unknown[] = [];
    for (const name in object) {
      if (!note(object[name])) return undefined;
      entries.push(name, object[name]);
    }
    looks.push({ object, entries, length: object["length"] });
  }
  return looks;
}

function isStill({ object, entries, length }: Look): boolean {
  let at = 0;
  for (const name in object) {
    if (name !== entries[at] || !Object.is(object[name], entries[at + 1])) return false;
    at += 2;
  }
  return at === entries.length && object["length"] === length;
}

function isContainer(value: unknown): value is Container {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === Array.prototype || prototype === null;
}

/** Whether it cannot change, and can be cloned. */
function isSimple(value: unknown): boolean {
  return value === null || (typeof value !== "object" && typeof value !== "function" && typeof value !== "symbol");
}

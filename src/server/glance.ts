/** What the app can change in place without a word, as it was when it was last kept. */
export class Glance {
  readonly #holder: { readonly data: unknown };
  readonly #auth: unknown;
  readonly #flatData: Flat | undefined;
  readonly #flatAuth: Flat | undefined;

  constructor(holder: { readonly data: unknown }, auth: unknown) {
    this.#holder = holder;
    this.#auth = auth;
    this.#flatData = tryFlatten(holder.data);
    this.#flatAuth = tryFlatten(auth);
  }

  /** Whether it is certainly the same still; that costs much less than to keep it again. */
  get isCurrent(): boolean {
    try {
      return isStill(this.#flatData, this.#holder.data) && isStill(this.#flatAuth, this.#auth);
    } catch {
      return false;
    }
  }
}

/** Names and values in turn, of an object that holds no other: those would have to be looked at as well. */
type Flat = readonly unknown[];

/** `undefined` where a getter of the app's fails, too. */
function tryFlatten(value: unknown): Flat | undefined {
  try {
    return flatten(value);
  } catch {
    return undefined;
  }
}

function flatten(value: unknown): Flat | undefined {
  if (!isPlain(value)) return undefined;
  const flat: unknown[] = [];
  for (const name in value) {
    if (!isSimple(value[name])) return undefined;
    flat.push(name, value[name]);
  }
  return flat;
}

function isStill(flat: Flat | undefined, value: unknown): boolean {
  if (flat === undefined || !isPlain(value)) return false;
  let at = 0;
  for (const name in value) {
    if (name !== flat[at] || !Object.is(value[name], flat[at + 1])) return false;
    at += 2;
  }
  return at === flat.length;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Whether it cannot change, and can be cloned. */
function isSimple(value: unknown): boolean {
  return value === null || (typeof value !== "object" && typeof value !== "function" && typeof value !== "symbol");
}

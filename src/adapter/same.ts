/** Whether two plain values (what JSON can say, and `undefined`) say the same. Of others, only one and the same is. */
export function isSame(one: unknown, other: unknown): boolean {
  const pending: [unknown, unknown][] = [[one, other]];
  /** What each object on the left was compared with: one that is met again, in a cycle perhaps, must be in the same place on the right. */
  const met = new Map<unknown, unknown>();
  for (let pair = pending.pop(); pair !== undefined; pair = pending.pop()) {
    const [left, right] = pair;
    if (Object.is(left, right)) continue;
    if (left instanceof Date && right instanceof Date && left.getTime() === right.getTime()) continue;
    if (!isPlain(left) || !isPlain(right) || Array.isArray(left) !== Array.isArray(right)) return false;
    if (met.has(left)) {
      if (met.get(left) !== right) return false;
      continue;
    }
    met.set(left, right);
    const keys = Object.keys(left);
    if (keys.length !== Object.keys(right).length) return false;
    for (const key of keys) {
      if (!Object.hasOwn(right, key)) return false;
      pending.push([left[key], right[key]]);
    }
  }
  return true;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** What a test has found. */
export class Verdict {
  figures = {};
  failures = [];

  /** A figure that only informs. */
  note(name, value) {
    this.figures[name] = value;
  }

  /** A figure that must be at most `bound`. */
  atMost(bound, name, value) {
    this.figures[name] = value;
    if (!(value <= bound)) this.failures.push(`${name} is ${value}, more than ${bound}`);
  }

  /** Nothing lost, doubled or out of order. */
  whole(results) {
    for (const [name, value] of Object.entries(results)) this.atMost(0, name, value);
  }

  /** Everything a server has, beside memory, is as it was. Other servers than ours tell less. */
  emptied(before, after) {
    this.atMost(0, "clients left", after.clients - before.clients);
    if (after.descriptors !== undefined) this.atMost(before.descriptors, "descriptors", after.descriptors);
    if (after.timers !== undefined) this.atMost(before.timers + 1, "timers", after.timers);
    this.atMost(0, "unhandled rejections", after.faults);
    if (after.metrics !== undefined) this.atMost(left(before.metrics), "entries left in maps", left(after.metrics));
  }
}

/** Makes a question for statistics: whether everything is as it was `before`. */
export function isEmptied(before) {
  return (after) => {
    const verdict = new Verdict();
    verdict.emptied(before, after);
    return verdict.failures.length === 0;
  };
}

/** A bound on memory, where it can be had: nobody can make workerd collect its garbage. */
export function boundOnMemory(kind, bound) {
  return kind === "cloudflare" ? Infinity : bound;
}

function left({ connections, unjoined, sockets, rooms, bufferedBytes, reassemblyBytes, recovery, pendingAcks }) {
  const joined = Object.values(sockets).reduce((all, count) => all + count, 0);
  return connections.polling + connections.websocket + unjoined + joined + rooms + bufferedBytes + reassemblyBytes + recovery.sessions + pendingAcks;
}

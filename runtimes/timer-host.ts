import type { Host } from "../src/platform.ts";

/** A `Host` on the timers that every JavaScript runtime has; a runtime replaces what it can do better. */
export function timerHost(better: Partial<Host> = {}): Host {
  return {
    now: () => performance.now(),
    wallClock: () => Date.now(),
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    wakeAt: createAlarm(() => performance.now()),
    defer: (task) => void setTimeout(task, 0),
    endOfTurn: createTurn((run) => queueMicrotask(run)),
    bytes: (data) => data,
    log: () => undefined,
    warn: (message) => console.warn(`omnisocket: ${message}`),
    reportError: (message, error) => console.error(`omnisocket: ${message}:`, error),
    ...better,
  };
}

/** Runs the tasks of one turn together: `schedule` is asked once per turn. */
export function createTurn(schedule: (run: () => void) => void): Host["endOfTurn"] {
  let tasks: (() => void)[] = [];
  const run = (): void => {
    const due = tasks;
    tasks = [];
    let at = 0;
    try {
      while (at < due.length) due[at++]!();
    } finally {
      // Where one has failed, the others still have their turn.
      while (at < due.length) add(due[at++]!);
    }
  };
  const add = (task: () => void): void => {
    if (tasks.push(task) === 1) schedule(run);
  };
  return add;
}

/** The longest delay that timers take: 2³¹ − 1 milliseconds. */
export const LONGEST = 2_147_483_647;

/** One timer, moved whenever an earlier wake-up is asked for. It does not keep the process alive. */
function createAlarm(now: () => number): Host["wakeAt"] {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (time, tick) => {
    clearTimeout(timer);
    timer = setTimeout(() => tick(now()), Math.min(Math.max(time - now(), 0), LONGEST));
    (timer as { unref?: () => void }).unref?.();
  };
}

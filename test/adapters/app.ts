/** The app that every server of a cluster runs: it does what its clients tell it to. No imports, so that every runtime runs it. */

/** A member, with its arguments where it is a method. */
export type Step = [member: string, ...args: unknown[]];

export type Reply = { readonly value?: unknown; readonly error?: string; readonly responses?: unknown };

/** What a server tells of a socket. */
export interface Shown {
  readonly id: string;
  readonly rooms: string[];
  readonly data: unknown;
  readonly auth: unknown;
}

interface AppSocket {
  data: unknown;
  readonly handshake: { readonly auth: unknown };
  readonly recovered?: boolean;
  on(event: string, listener: (...args: never[]) => void): unknown;
}

interface AppServer {
  on(event: string, listener: (...args: never[]) => void): unknown;
  of(name: string): AppServer;
  readonly local: { emit(event: string, ...args: unknown[]): unknown };
}

/** `name` tells the servers apart. */
export function app(io: AppServer, name: string): void {
  for (const nsp of [io.of("/"), io.of("/other")]) {
    nsp.on("connection", (socket: AppSocket) => {
      if (socket.recovered !== true) socket.data = { given: socket.handshake.auth };
      socket.on("io", (steps: Step[], reply: (reply: Reply) => void) => void call(nsp, steps).then(reply));
      socket.on("socket", (steps: Step[], reply: (reply: Reply) => void) => void call(socket, steps).then(reply));
    });
    nsp.on("who", (answer: (name: string) => void) => answer(name));
    nsp.on("silence", () => {});
    nsp.on("note", (...args: never[]) => void nsp.local.emit("noted", name, ...args));
  }
}

async function call(start: unknown, steps: readonly Step[]): Promise<Reply> {
  try {
    let value = start;
    for (const [member, ...args] of steps) {
      const next: unknown = (value as Record<string, unknown>)[member];
      value = typeof next === "function" ? Reflect.apply(next, value, args) : next;
    }
    return { value: show(await value) };
  } catch (error) {
    const { message, responses } = error as Error & { responses?: unknown };
    return { error: message, responses };
  }
}

function show(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(show);
  if (value instanceof Set) return [...value].toSorted();
  if (typeof value !== "object" || value === null) return value;
  if (!("rooms" in value)) return isPlain(value) ? value : undefined;
  const { id, rooms, data, handshake } = value as { id: string; rooms: Set<string>; data: unknown; handshake: { auth: unknown } };
  return { id, rooms: [...rooms].toSorted(), data, auth: handshake.auth } satisfies Shown;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || value instanceof Uint8Array;
}

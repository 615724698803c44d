/** A callback of the app that fails is reported once and harms nothing else (G32). */
import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import type { Server } from "socket.io";
import { io as connect } from "socket.io-client";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { Arena, next } from "./arena.ts";
import { type Failing, type Fault, FAULTS } from "./faults.ts";
import type { Running } from "./host.ts";
import { Queue } from "./queue.ts";
import { loadSubject } from "./subject.ts";

const SECRET = "secret text of the app";
const arena = new Arena(await loadSubject(), { version: "4.8.4", io: connect, engineProtocol: 4, pollsAsciiOnly: false }, ["websocket"]);

interface Context {
  readonly phase: string;
  readonly namespace?: string;
  readonly event?: string;
  readonly socket?: { readonly id: string };
}

type Report = [error: unknown, context: Context];

/** The part of the server that released `socket.io` does not have. */
interface Diagnosed {
  readonly diagnostics: { on(event: "handler_error", listener: (...report: Report) => void): unknown };
}

const escaped: unknown[] = [];
const onEscape = (error: unknown): unknown => escaped.push(error);

beforeAll(() => {
  process.on("unhandledRejection", onEscape);
});

afterEach(() => {
  escaped.length = 0;
});

afterAll(() => {
  process.off("unhandledRejection", onEscape);
});

describe.each(["throws", "rejects"] as const)("a callback that %s:", (manner) => {
  test.for(FAULTS.map((fault) => [fault.place, fault] as const))("%s", { timeout: 5_000 }, async ([, fault]) => {
    const error = new Error(SECRET);
    const failing = failingOnce(error, manner);
    const { running, reports } = await startWith(fault, failing);
    await (fault.refused ? meetRefusal(fault, running) : meetFault(fault, running, failing));

    const [reported, context] = await reports.next();
    assert.equal(reported, error);
    assert.equal(typeof context.phase, "string");
    const { socket, ...names } = fault.context ?? {};
    expect(context).toMatchObject(names);
    if (socket) assert.equal(typeof context.socket?.id, "string");

    await assertServing(running);
    assert.equal(reports.size, 0);
    assert.deepEqual(escaped, []);
  });

  test("other listeners of the same event still run", async () => {
    const failing = failingOnce(new Error(SECRET), manner);
    const { running } = await startWith({ place: "set by the test" }, failing);
    const { client, socket } = await arena.pair(running);
    const heard: number[] = [];
    socket.on("event", () => heard.push(1));
    socket.on("event", failing());
    socket.on("event", () => heard.push(2));
    client.emit("event");
    await next(socket, "event");
    await turn();
    assert.deepEqual(heard, [1, 2]);
  });

  test("is told to the console when nobody listens", async () => {
    const lines = vi.spyOn(console, "error").mockImplementation(() => {});
    onTestFinished(() => lines.mockRestore());
    const error = new Error(SECRET);
    const running = await arena.start(() => {});
    const { client, socket } = await arena.pair(running);
    socket.on("event", failingOnce(error, manner)());
    client.emit("event");
    await vi.waitFor(() => assert.equal(lines.mock.calls.length, 1));
    assert.ok(lines.mock.calls[0]!.some((part) => part === error || String(part).includes(SECRET)));
    await assertServing(running);
    assert.deepEqual(escaped, []);
  });

  test('ends its own socket only with handlerErrors: "disconnect"', async () => {
    const running = await arena.start(collectReports().listen, { handlerErrors: "disconnect" } as object);
    const [alice, bob] = [await arena.pair(running), await arena.pair(running)];
    const left = next(alice.client, "disconnect");
    alice.socket.on("event", failingOnce(new Error(SECRET), manner)());
    alice.client.emit("event");
    assert.equal((await left)[0], "io server disconnect");
    assert.equal(bob.client.connected, true);
    await assertServing(running);
  });

  test("may even be the handler_error listener itself", async () => {
    const lines = vi.spyOn(console, "error").mockImplementation(() => {});
    onTestFinished(() => lines.mockRestore());
    const running = await arena.start((io) => {
      (io as unknown as Diagnosed).diagnostics.on("handler_error", failingOnce(new Error("of the reporter"), manner)());
    });
    const { client, socket } = await arena.pair(running);
    socket.on("event", failingOnce(new Error(SECRET), "throws")());
    client.emit("event");
    await next(socket, "event");
    await assertServing(running);
    await turn();
    assert.deepEqual(escaped, []);
  });
});

/** Fails the first time with `error`; later calls go to `pass`. */
function failingOnce(error: Error, manner: "throws" | "rejects"): Failing {
  let failed = false;
  return (pass = () => {}) => (...args) => {
    if (failed) return pass(...(args as never[])) as never;
    failed = true;
    if (manner === "throws") throw error;
    return Promise.reject(error) as never;
  };
}

function collectReports(): { reports: Queue<Report>; listen: (io: Server) => void } {
  const reports = new Queue<Report>();
  const listen = (io: Server): void => {
    (io as unknown as Diagnosed).diagnostics.on("handler_error", (...report) => reports.push(report));
  };
  return { reports, listen };
}

async function startWith(fault: Fault, failing: Failing): Promise<{ running: Running; reports: Queue<Report> }> {
  const { reports, listen } = collectReports();
  const setup = (io: Server): void => {
    listen(io);
    fault.arrange?.(io, failing);
  };
  return { running: await arena.start(setup, fault.options?.(failing)), reports };
}

/** The callback fails, and the client that it failed for keeps its connection. */
async function meetFault(fault: Fault, running: Running, failing: Failing): Promise<void> {
  const pair = await arena.pair(running);
  await fault.act?.(pair, failing, running.io);
  if (fault.ends) return;
  pair.socket.on("echo", (value, answer) => answer(value));
  assert.equal(await new Promise((resolve) => pair.client.emit("echo", "here", resolve)), "here");
}

/** The client is refused and learns nothing of the app's error. */
async function meetRefusal({ refused }: Fault, running: Running): Promise<void> {
  if (refused === "by the namespace") {
    const [error] = await next<[Error]>(arena.client(running.url), "connect_error");
    assert.doesNotMatch(error.message, new RegExp(SECRET));
    return;
  }
  const response = await fetch(`${running.url}/socket.io/?EIO=4&transport=polling`);
  assert.ok(response.status >= 400, `status ${response.status}`);
  assert.doesNotMatch(await response.text(), new RegExp(SECRET));
}

/** The server still serves a client that comes now. */
async function assertServing(running: Running): Promise<void> {
  const { client, socket } = await arena.pair(running);
  socket.on("echo", (value, answer) => answer(value));
  assert.equal(await new Promise((resolve) => client.emit("echo", "still here", resolve)), "still here");
  await turn();
}

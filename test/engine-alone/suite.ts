/** Released clients against an engine alone: the same on every runtime, and on a released `engine.io`. */
import assert from "node:assert/strict";
import { Socket, type SocketOptions } from "engine.io-client";
import { afterAll, beforeAll, describe, onTestFinished, test } from "vitest";
import type { Network } from "../conformance/host.ts";
import { Queue } from "../interop/queue.ts";

/** An engine that runs `app`, under the path that engines have by default. */
export interface EngineHost {
  readonly name: string;
  readonly network: Network;
  start(): Promise<{ readonly url: string; stop(): Promise<unknown> }>;
}

const roads = [["polling"], ["websocket"], ["polling", "websocket"]] as const;

/** One client: what it heard and how it ended. */
interface Client {
  readonly socket: Socket;
  readonly messages: Queue<unknown>;
  readonly closed: Promise<string>;
  ask(order: string): Promise<unknown>;
}

export function describeEngine({ name, network, start }: EngineHost): void {
  describe(`an engine alone (${name})`, () => {
    let url: string;
    let stop: () => Promise<unknown>;

    beforeAll(async () => ({ url, stop } = await start()), 30_000);
    afterAll(() => stop?.());

    async function connect(transports: readonly string[], options: Partial<SocketOptions> = {}): Promise<Client> {
      const constructors = transports.map((transport) => (transport === "polling" ? network.polling : network.websocket));
      const socket = new Socket(url.replace("http", "ws"), { transports: constructors as never, ...options });
      onTestFinished(() => void socket.close());
      const messages = new Queue<unknown>();
      socket.on("message", (data: unknown) => messages.push(data));
      const closed = new Promise<string>((resolve) => socket.on("close", resolve));
      await new Promise<void>((resolve, reject) => {
        socket.on("open", resolve);
        socket.on("error", reject);
      });
      const ask = (order: string): Promise<unknown> => (socket.send(order), messages.next());
      return { socket, messages, closed, ask };
    }

    async function watch(): Promise<Client> {
      const watcher = await connect(["websocket"]);
      assert.equal(await watcher.ask("!watch"), "watching");
      return watcher;
    }

    /** How the connection `id` ends, as the server tells it to a watcher. */
    async function endOf(id: string, { messages }: Client): Promise<string> {
      for (;;) {
        const [, of, reason] = /^closed (\S+) (.*)$/.exec(String(await messages.next())) ?? [];
        if (of === id) return reason!;
      }
    }

    describe.each(roads.map((transports) => ({ transports, road: transports.join(" then ") })))("over $road", ({ transports }) => {
      test("carries text and bytes both ways, in order", async () => {
        const { ask, socket, messages } = await connect(transports);
        for (const text of ["a", "Grüße 世界 \u{1f600}", "x".repeat(100_000)]) assert.equal(await ask(text), text);
        socket.send(Uint8Array.of(0, 255, 7).buffer);
        assert.deepEqual([...new Uint8Array((await messages.next()) as Uint8Array)], [0, 255, 7]);
        socket.send("!count");
        for (let number = 0; number < 300; number++) assert.equal(await messages.next(), `number ${number}`);
        for (let number = 0; number < 300; number++) socket.send(`back ${number}`);
        for (let number = 0; number < 300; number++) assert.equal(await messages.next(), `back ${number}`);
      });

      test("tells what the connection is", async () => {
        const { ask, socket } = await connect(transports);
        await settled(socket, transports);
        const state = JSON.parse((await ask("!state")) as string) as object;
        const id = (socket as unknown as { id: string }).id;
        const expected = { protocol: 4, readyState: "open", upgraded: transports.length === 2, transport: transports.at(-1), registered: true };
        assert.deepEqual(state, { id, ...expected });
      });

      test("calls back after a message went out", async () => {
        const { ask, messages, socket } = await connect(transports);
        await settled(socket, transports);
        assert.equal(await ask("!call back"), "first");
        assert.equal(await messages.next(), `second ${transports.at(-1)}`);
      });

      test("calls back after a message that is longer than what counts as writable", async () => {
        const { ask, messages, socket } = await connect(transports);
        await settled(socket, transports);
        assert.equal(((await ask("!long")) as string).length, 3_000_000);
        assert.equal(await messages.next(), "taken");
      });

      test("goes on with heartbeats, and tells of them", async () => {
        const { ask, socket } = await connect(transports);
        for (let beat = 0; beat < 3; beat++) await new Promise((resolve) => socket.once("ping", () => resolve(undefined)));
        const counts = JSON.parse((await ask("!counts")) as string) as Record<string, number>;
        assert.ok(counts["heartbeat"]! >= 2, JSON.stringify(counts));
        for (const event of ["packetCreate", "flush"]) assert.ok(counts[event]! >= 3, JSON.stringify(counts));
        assert.ok(counts["drain"]! >= 2, JSON.stringify(counts));
        assert.equal(counts["data"], 1);
        assert.equal(counts["packet"], counts["heartbeat"]! + 1);
        assert.deepEqual([counts["upgrading"] ?? 0, counts["upgrade"] ?? 0], transports.length === 2 ? [1, 1] : [0, 0]);
      });

      test("hears of a client that leaves", async () => {
        const watcher = await watch();
        const { socket, ask } = await connect(transports);
        await settled(socket, transports);
        const { id } = JSON.parse((await ask("!state")) as string) as { id: string };
        socket.close();
        assert.equal(await endOf(id, watcher), "transport close");
      });

      test("ends a client", async () => {
        const watcher = await watch();
        const { socket, ask, closed } = await connect(transports);
        const { id } = JSON.parse((await ask("!state")) as string) as { id: string };
        socket.send("!close");
        assert.deepEqual(await Promise.all([closed, endOf(id, watcher)]), ["transport close", "forced close"]);
      });
    });

    test("misses a client that does not answer", async () => {
      const watcher = await watch();
      const wire = await network.dial(`${url.replace("http", "ws")}/engine.io/?EIO=4&transport=websocket`);
      const { sid } = JSON.parse(String(await wire.frames.next()).slice(1)) as { sid: string };
      assert.equal(await endOf(sid, watcher), "ping timeout");
    });

    test("ends a client that breaks the protocol", async () => {
      const watcher = await watch();
      const wire = await network.dial(`${url.replace("http", "ws")}/engine.io/?EIO=4&transport=websocket`);
      const { sid } = JSON.parse(String(await wire.frames.next()).slice(1)) as { sid: string };
      wire.send("abc");
      assert.equal(await endOf(sid, watcher), "parse error");
    });

    test("refuses what is no handshake, and leaves other paths alone", async () => {
      const status = async (path: string): Promise<number> => (await network.fetch(url + path)).status;
      assert.equal(await status("/engine.io/?EIO=4&transport=pigeon"), 400);
      assert.equal(await status("/engine.io/?EIO=4&transport=polling&sid=unknown"), 400);
      assert.equal(await status("/socket.io/?EIO=4&transport=polling"), 404);
    });
  });
}

/** Waits until the client is where it is going. */
async function settled(socket: Socket, transports: readonly string[]): Promise<void> {
  if (socket.transport.name !== transports.at(-1)) await new Promise((resolve) => socket.on("upgrade", resolve));
}

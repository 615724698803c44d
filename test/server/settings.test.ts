import assert from "node:assert/strict";
import { describe, test } from "#test";
import { Adapter, type ServerOptions } from "../../src/index.ts";
import type { ClientFiles } from "../../src/runtime.ts";
import { ask, engineUrl } from "../memory/client.ts";
import { MemoryHost } from "../memory/host.ts";
import type { Asking } from "../memory/request.ts";
import { MemoryServer } from "../memory/server.ts";
import { connect, join, recorder } from "./client.ts";

const clientFiles: ClientFiles = {
  version: "4.8.4",
  async read(name) {
    return name.includes("msgpack") ? undefined : new TextEncoder().encode(`// ${name}`);
  },
};

async function get(io: MemoryServer, url: string, asking?: Asking) {
  const exchange = ask(io, url, asking);
  await io.host.settle();
  return exchange;
}

describe("of()", () => {
  test("gives one namespace per name, with or without its slash (SRV-9)", () => {
    const io = new MemoryServer();
    assert.equal(io.of("/admin"), io.of("admin"));
    assert.equal(io.of(""), io.of("/"));
    assert.equal(io.of("/"), io.sockets);
    assert.equal(io.of("/admin").name, "/admin");
    assert.equal(io.of("/admin").server, io);
  });

  test("tells of each new namespace, once (SRV-24)", () => {
    const io = new MemoryServer();
    const { heard, hear } = recorder();
    io.on("new_namespace", ({ name }) => hear(name)());
    io.of("/a");
    io.of("/a");
    io.of("/");
    io.of("b");
    assert.deepEqual(heard, ["/a", "/b"]);
  });
});

describe("the server as an emitter (SRV-23)", () => {
  test("acts on the main namespace", async () => {
    const io = new MemoryServer();
    const { heard, hear } = recorder();
    const listener = (): void => hear("connection")();
    assert.equal(io.on("connection", listener), io);
    assert.equal(io.listenerCount("connection"), 1);
    assert.deepEqual(io.sockets.listeners("connection"), [listener]);
    assert.deepEqual(io.eventNames(), ["connection"]);
    io.prependListener("connection", () => hear("before")());
    io.once("connection", () => hear("once")());
    await join(io);
    io.off("connection", listener);
    await join(io);
    io.sockets.removeAllListeners();
    await join(io);
    assert.deepEqual(heard, ["before", "connection", "once", "before"]);
  });
});

describe("path()", () => {
  test("reads and sets, and drops one slash at the end (SRV-20)", async () => {
    const io = new MemoryServer({ path: "/here/" });
    assert.equal(io.path(), "/here");
    assert.equal((await get(io, "/here/?EIO=4&transport=polling")).status, 200);
    assert.equal(io.path("/there/"), io);
    assert.equal(io.path(), "/there");
    assert.equal((await get(io, "/here/?EIO=4&transport=polling")).status, 404);
    assert.equal((await get(io, "/there/?EIO=4&transport=polling")).status, 200);
  });

  test("is /socket.io by default, with its slash, and all that is below (W-4, H30..H33)", async () => {
    const io = new MemoryServer();
    assert.equal(io.path(), "/socket.io");
    const status = async (url: string) => (await get(io, `${url}?EIO=4&transport=polling`)).status;
    assert.deepEqual(
      await Promise.all(["/socket.io/", "/socket.io/x", "/socket.io/x/y"].map(status)),
      [200, 200, 200],
    );
    assert.deepEqual(
      await Promise.all(["/socket.io", "/SOCKET.IO/", "//socket.io/", "/socket.io/../x", "/", "/socket.iox/"].map(status)),
      [404, 404, 404, 404, 404, 404],
    );
    const bare = new MemoryServer({ addTrailingSlash: false });
    assert.equal((await get(bare, "/socket.io?EIO=4&transport=polling")).status, 200);
  });

});

describe("what is gone (8)", () => {
  const gone = (today: string) => (error: unknown) => error instanceof TypeError && error.message.includes(`use ${today} instead`);

  test("throws as an option, with what to write today", () => {
    const options: readonly (readonly [name: string, today: string])[] = [
      ["origins", "cors.origin or allowRequest"],
      ["handlePreflightRequest", "cors"],
      ["resource", "path"],
      ["cookiePath", "cookie: { path }"],
      ["cookieHttpOnly", "cookie: { httpOnly }"],
      ["editHandshakeHeaders", 'io.engine.on("initial_headers", listener)'],
      ["editResponseHeaders", 'io.engine.on("headers", listener)'],
    ];
    for (const [name, today] of options) assert.throws(() => new MemoryServer({ [name]: undefined }), gone(today), name);
    assert.throws(() => new MemoryServer({ cookie: "io" as never }), gone('{ name: "io" }'));
    assert.throws(() => new MemoryServer({ transports: ["webtransport"] as never }), /"webtransport": .*"polling" and "websocket"/);
  });

  test("throws as a method, with what to write today", () => {
    const io = new MemoryServer();
    assert.throws(() => io.set("heartbeat timeout", 10), gone("the option pingTimeout"));
    assert.throws(() => io.set("transports", []), gone("the option transports"));
    assert.throws(() => io.origins("*:*"), gone("the option cors"));
    assert.throws(() => io.attachApp({}), /run on Bun, or use io.attach\(\)/);
  });

  test("throws as a port or an HTTP server where nothing can be attached", () => {
    assert.throws(() => new MemoryServer(3000 as never), /expected options, got 3000.*io\.handler\(\)/);
    assert.throws(() => new MemoryServer({ listen() {} } as never), /got an HTTP server/);
  });
});

describe("serveClient()", () => {
  const serving = (options?: ServerOptions): MemoryServer => new MemoryServer(options, { clientFiles, host: new MemoryHost() });

  test("serves the browser client below the path (SRV-25)", async () => {
    const io = serving();
    assert.equal(io.serveClient(), true);
    const script = await get(io, "/socket.io/socket.io.min.js");
    assert.equal(script.status, 200);
    assert.equal(script.body, "// socket.io.min.js");
    assert.equal(script.headers["content-type"], "application/javascript; charset=utf-8");
    assert.equal(script.headers["etag"], '"4.8.4"');
    assert.equal(script.headers["cache-control"], "public, max-age=0");
    const map = await get(io, "/socket.io/socket.io.esm.min.js.map?v=1");
    assert.equal(map.headers["content-type"], "application/json; charset=utf-8");
  });

  test("tells the headers of a file to who asks for them alone, as caches and link checkers do", async () => {
    const reply = await get(serving(), "/socket.io/socket.io.js", { method: "HEAD" });
    assert.deepEqual([reply.status, reply.headers["etag"]], [200, '"4.8.4"']);
    assert.equal((await get(serving(), "/socket.io/socket.io.js", { method: "DELETE" })).status, 400);
  });

  test("answers 404 where there are no files, or not this one", async () => {
    const without = await get(new MemoryServer(), "/socket.io/socket.io.js");
    assert.deepEqual([without.status, without.body], [404, ""]);
    assert.equal((await get(serving(), "/socket.io/socket.io.msgpack.min.js")).status, 404);
    assert.equal((await get(serving({ serveClient: false }), "/socket.io/socket.io.js")).status, 400);
  });

  test("answers 304 to who has it (SRV-25)", async () => {
    for (const tag of ['"4.8.4"', 'W/"4.8.4"']) {
      const reply = await get(serving(), "/socket.io/socket.io.js", { headers: { "if-none-match": tag } });
      assert.deepEqual([reply.status, reply.body], [304, ""]);
    }
    const other = await get(serving(), "/socket.io/socket.io.js", { headers: { "if-none-match": '"4.8.3"' } });
    assert.equal(other.status, 200);
  });

  test("decorates it for other origins (SRV-25)", async () => {
    const io = serving({ cors: { origin: "https://other.example" } });
    const script = await get(io, "/socket.io/socket.io.js", { headers: { origin: "https://other.example" } });
    assert.equal(script.headers["access-control-allow-origin"], "https://other.example");
  });

  test("gives it to everybody where the app's own `cors` fails or does not answer, and reports that", async () => {
    const host = new MemoryHost();
    const fails = (_origin: string | undefined, callback: (error: Error) => void): void => callback(new Error("Not allowed by CORS"));
    for (const [origin, failures] of [[fails, ["Not allowed by CORS"]], [() => {}, []]] as const) {
      const io = new MemoryServer({ cors: { origin } }, { clientFiles, host });
      const heard: string[] = [];
      io.diagnostics.on("handler_error", (error) => heard.push((error as Error).message));
      const exchange = ask(io, "/socket.io/socket.io.js", { headers: { origin: "https://evil.example" } });
      await host.advance(45_000);
      await exchange.done;
      assert.equal(exchange.status, 200);
      assert.equal(exchange.headers["access-control-allow-origin"], undefined);
      assert.deepEqual(heard, failures);
    }
  });

  test("answers 500 where it cannot be read, and reports that", async () => {
    const unreadable = { version: "1", read: () => Promise.reject(new Error("EIO")) };
    const io = new MemoryServer({}, { clientFiles: unreadable, host: new MemoryHost() });
    const heard: unknown[] = [];
    io.diagnostics.on("handler_error", (error, { phase }) => heard.push(phase, (error as Error).message));
    assert.equal((await get(io, "/socket.io/socket.io.js")).status, 500);
    assert.deepEqual(heard, ["client files", "EIO"]);
  });

  test("reads and compresses each file once, however many ask for it at a time, and again where that failed", async () => {
    const made: string[] = [];
    const files: ClientFiles = {
      version: "1",
      async read(name) {
        made.push(name);
        if (made.length === 1) throw new Error("EMFILE");
        return new TextEncoder().encode(name);
      },
      encodings: new Map([["br", async (body) => (made.push("br"), body.slice(1))]]),
    };
    const io = new MemoryServer({}, { clientFiles: files, host: new MemoryHost() });
    const fetchThree = () => Promise.all(["br", "br", ""].map((encoding) => get(io, "/socket.io/socket.io.js", { headers: { "accept-encoding": encoding } })));
    assert.deepEqual((await fetchThree()).map(({ status }) => status), [500, 500, 500]);
    const bodies = ["ocket.io.js", "ocket.io.js", "socket.io.js"];
    for (const replies of [await fetchThree(), await fetchThree()]) assert.deepEqual(replies.map(({ body }) => body), bodies);
    assert.deepEqual(made, ["socket.io.js", "socket.io.js", "br"]);
  });

  test("leaves every other name to the engine (SRV-25)", async () => {
    const io = serving();
    for (const name of ["other.js", "socket.io.js/x", "socketxio.js", "../package.json"]) {
      const reply = await get(io, `/socket.io/${name}`);
      assert.notEqual(reply.status, 200, name);
    }
    assert.deepEqual((await get(io, "/socket.io/other.js")).error, { code: 0, message: "Transport unknown" });
  });

  test("can be switched off and on (SRV-20)", async () => {
    const io = serving({ serveClient: false });
    assert.equal((await get(io, "/socket.io/socket.io.js")).status, 400);
    assert.equal(io.serveClient(true), io);
    assert.equal((await get(io, "/socket.io/socket.io.js")).status, 200);
    io.serveClient(false);
    assert.equal(io.serveClient(), false);
    assert.equal((await get(io, "/socket.io/socket.io.js")).status, 400);
  });
});

describe("adapter()", () => {
  test("makes a new one for every namespace, and for those to come (SRV-20)", () => {
    class Mine extends Adapter {}
    const io = new MemoryServer();
    const [main, admin] = [io.sockets.adapter, io.of("/admin").adapter];
    assert.equal(io.adapter(), Adapter);
    assert.equal(io.adapter(Mine), io);
    assert.equal(io.adapter(), Mine);
    for (const name of ["/", "/admin", "/late"]) assert.ok(io.of(name).adapter instanceof Mine, name);
    assert.notEqual(io.sockets.adapter, main);
    assert.notEqual(io.of("/admin").adapter, admin);
  });
});

describe("connectTimeout()", () => {
  test("reads and sets for connections to come (SRV-20)", async () => {
    const io = new MemoryServer();
    assert.equal(io.connectTimeout(), 45_000);
    assert.equal(io.connectTimeout(1000), io);
    assert.equal(io.connectTimeout(), 1000);
    const client = await connect(io);
    await io.host.advance(1000);
    assert.ok(client.isClosed);
  });

  test("keeps its order when it becomes shorter", async () => {
    const io = new MemoryServer({ connectTimeout: 5000 });
    const slow = await connect(io);
    io.connectTimeout(1000);
    const fast = await connect(io);
    await io.host.advance(1000);
    assert.deepEqual([slow.isClosed, fast.isClosed], [false, true]);
    await io.host.advance(4000);
    assert.ok(slow.isClosed);
  });
});

describe("close()", () => {
  test("ends every socket with its reason, without DISCONNECT, and every connection (SRV-19)", async () => {
    const io = new MemoryServer();
    io.of("/admin");
    const { heard, hear } = recorder();
    const { client, socket } = await join(io);
    const admin = io.of("/admin").sockets.get(await client.join("/admin"))!;
    const silent = await connect(io);
    for (const each of [socket, admin]) each.on("disconnect", (reason) => hear(each.nsp.name)(reason));
    await io.close();
    assert.deepEqual(heard, [["/", "server shutting down"], ["/admin", "server shutting down"]]);
    assert.deepEqual(client.take(), []);
    assert.ok(client.isClosed);
    assert.ok(silent.isClosed);
    assert.equal(io.engine.clientsCount, 0);
  });

  test("answers polls that wait", async () => {
    const io = new MemoryServer();
    const handshake = await get(io, engineUrl({ transport: "polling" }));
    const { sid } = JSON.parse(handshake.body.slice(1)) as { sid: string };
    const poll = await get(io, engineUrl({ transport: "polling", sid }));
    assert.ok(!poll.isAnswered);
    await io.close();
    await io.host.settle();
    assert.equal(poll.body, "1");
  });

  test("closes each adapter once, and waits for it (SRV-19)", async () => {
    const { heard, hear } = recorder();
    class Slow extends Adapter {
      override async close(): Promise<void> {
        hear("closing")(this.nsp.name);
        await Promise.resolve();
        hear("closed")(this.nsp.name);
      }
    }
    const io = new MemoryServer({ adapter: Slow, cleanupEmptyChildNamespaces: true });
    io.of(/^\/room/);
    await join(io, "/room-1");
    await io.close();
    assert.deepEqual(heard.filter((entry) => (entry as string[])[1] === "/"), [["closing", "/"], ["closed", "/"]]);
    assert.deepEqual(heard.filter((entry) => (entry as string[])[1] === "/room-1"), [["closing", "/room-1"], ["closed", "/room-1"]]);
  });

  test("settles and calls back, also twice, and when there was nothing (SRV-19)", async () => {
    const io = new MemoryServer();
    const { heard, hear } = recorder();
    await join(io);
    await Promise.all([io.close(hear("first")), io.close(hear("second"))]);
    await io.close(hear("third"));
    await new MemoryServer().close();
    assert.deepEqual(heard, ["first", "second", "third"]);
  });

  test("settles although an adapter fails to close (SRV-19, G32)", async () => {
    class Broken extends Adapter {
      override close(): Promise<void> {
        return Promise.reject(new Error("stuck"));
      }
    }
    const io = new MemoryServer({ adapter: Broken });
    const { client } = await join(io);
    await io.close();
    assert.ok(client.isClosed);
    assert.equal(io.host.reports.length, 1);
  });

  test("refuses handshakes from then on (I30)", async () => {
    const io = new MemoryServer();
    await io.close();
    assert.equal((await get(io, engineUrl({ transport: "polling" }))).status, 503);
  });

  for (const from of ["connection", "event", "disconnecting", "disconnect", "middleware", "onAny"] as const) {
    test(`is safe from inside a callback: ${from}`, async () => {
      const io = new MemoryServer();
      const { heard, hear } = recorder();
      let closing: Promise<void> | undefined;
      const close = (): void => void (closing ??= io.close());
      const first = await join(io);
      const second = await join(io);
      for (const { socket } of [first, second]) socket.on("disconnect", (reason) => hear("disconnect")(reason));
      if (from === "connection") io.on("connection", close);
      if (from === "middleware") io.use((_socket, next) => (close(), next()));
      if (from === "onAny") first.socket.onAny(close);
      if (from === "event") first.socket.on("a", close);
      if (from === "disconnect" || from === "disconnecting") first.socket.on(from, close);
      if (from === "connection" || from === "middleware") await (await connect(io)).say("0");
      else first.client.send(from.startsWith("dis") ? "1" : '2["a"]');
      await closing;
      const reasons = heard.map((entry) => (entry as string[])[1]);
      assert.equal(reasons.length, 2);
      assert.equal(reasons.filter((reason) => reason === "server shutting down").length, from.startsWith("dis") ? 1 : 2);
      assert.equal(io.sockets.sockets.size, 0);
      assert.equal(io.engine.clientsCount, 0);
      assert.equal(io.sockets.adapter.sids.size, 0);
      assert.deepEqual(io.host.reports, []);
    });
  }

  test("ends sockets that are still in a middleware, unheard (G40)", async () => {
    const io = new MemoryServer();
    const { heard, hear } = recorder();
    let letIn = (): void => {};
    io.use((socket, next) => {
      letIn = next;
      socket.on("disconnect", hear("disconnect"));
      socket.handshake.signal.addEventListener("abort", () => hear("aborted")());
    });
    io.on("connection", () => hear("connection")());
    const client = await connect(io);
    await client.say("0");
    await io.close();
    assert.ok(client.isClosed);
    letIn();
    await io.host.settle();
    assert.deepEqual(heard, ["aborted"]);
    assert.equal(io.sockets.sockets.size, 0);
  });

  test("is not the end of the server: it serves again once it is attached again (SRV-5)", async () => {
    const io = new MemoryServer();
    const { heard, hear } = recorder();
    io.on("connection", () => hear("connection")());
    await join(io);
    await io.close();
    io.reopen();
    const { client, socket } = await join(io);
    io.to(socket.id).emit("a");
    assert.deepEqual(client.take(), ['2["a"]']);
    assert.equal(heard.length, 2);
    await io.close();
    assert.ok(client.isClosed);
  });

  test("leaves no deadline behind", async () => {
    const io = new MemoryServer();
    const { socket } = await join(io);
    socket.timeout(60_000).emit("a", () => {});
    await connect(io);
    await io.close();
    await io.host.advance(120_000);
    assert.equal(io.host.nextWakeUp, undefined);
  });
});

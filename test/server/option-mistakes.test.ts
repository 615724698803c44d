import assert from "node:assert/strict";
import { describe, test } from "#test";
import { resolveLimits } from "../../src/engine/limits.ts";
import { resolveEngineOptions } from "../../src/engine/options.ts";
import { MemoryServer } from "../memory/server.ts";
import { join } from "./client.ts";

function says(message: string): { name: string; message: string } {
  return { name: "TypeError", message };
}

/** Options as somebody writes them who has no types. */
function serverWith(options: object): MemoryServer {
  return new MemoryServer(options);
}

describe("an option of the wrong kind", () => {
  const mistakes: readonly (readonly [options: object, name: string, expected: string, got: string])[] = [
    [{ pingInterval: "5000" }, "pingInterval", "a number, 0 or more", '"5000"'],
    [{ pingTimeout: Number.NaN }, "pingTimeout", "a number, 0 or more", "NaN"],
    [{ maxHttpBufferSize: -1 }, "maxHttpBufferSize", "a number, 0 or more", "-1"],
    [{ connectTimeout: "45s" }, "connectTimeout", "a number, 0 or more", '"45s"'],
    [{ allowRequest: true }, "allowRequest", "a function", "true"],
    [{ onInbound: {} }, "onInbound", "a function", "an object"],
    [{ bindSession: "user" }, "bindSession", "a function", '"user"'],
    [{ transports: "websocket" }, "transports", 'an array such as ["polling", "websocket"]', '"websocket"'],
    [{ cors: "https://app.example" }, "cors", 'an object such as { origin: "https://app.example" }', '"https://app.example"'],
    [{ origin: 5 }, "origin", '"auto", "any", "same", or what cors.origin takes', "5"],
    [{ cookie: 5 }, "cookie", "a boolean or an object", "5"],
    [{ initialPacket: { a: 1 } }, "initialPacket", "a text or bytes", "an object"],
    [{ slowConsumer: "drop" }, "slowConsumer", '"close" or "drop-oldest" or "drop-newest"', '"drop"'],
    [{ handlerErrors: "ignore" }, "handlerErrors", '"contain" or "throw" or "disconnect"', '"ignore"'],
    [{ path: 5 }, "path", "a text", "5"],
    [{ adapter: "redis" }, "adapter", "a class, or what createAdapter() returns", '"redis"'],
    [{ adapter: Promise.resolve() }, "adapter", "a class, or what createAdapter() returns", "an object"],
    [{ parser: {} }, "parser", "an object with the classes Encoder and Decoder", "an object"],
    [{ limits: "hard" }, "limits", 'an object or "hardened"', '"hard"'],
    [{ limits: { maxDepth: "x" } }, "limits.maxDepth", "a number, 0 or more", '"x"'],
    [
      { connectionStateRecovery: { maxDisconnectionDuration: "2m" } },
      "connectionStateRecovery.maxDisconnectionDuration",
      "a number, 0 or more",
      '"2m"',
    ],
  ];

  for (const [options, name, expected, got] of mistakes) {
    test(`${name}: ${got}`, () => {
      assert.throws(() => serverWith(options), says(`Cannot use the option ${name}: expected ${expected}, got ${got}`));
    });
  }

  test("io.adapter() says the same, and leaves the adapter as it was", () => {
    const io = serverWith({});
    const before = io.adapter();
    assert.throws(() => io.adapter({} as never), says("Cannot use the option adapter: expected a class, or what createAdapter() returns, got an object"));
    assert.equal(io.adapter(), before);
  });
});

describe("a name that is nearly an option's", () => {
  test("is warned of, with the one that was meant", () => {
    const io = serverWith({ pingIntervall: 5, pingTimeOut: 5, transport: [], alowRequest: () => false });
    assert.deepEqual(io.host.warnings, [
      "There is no option pingIntervall: did you mean pingInterval?",
      "There is no option pingTimeOut: did you mean pingTimeout?",
      "There is no option transport: did you mean transports?",
      "There is no option alowRequest: did you mean allowRequest?",
    ]);
  });

  test("others pass: they are somebody else's", () => {
    const io = serverWith({ debug: "", host: undefined, wsEngine: undefined, destroyUpgrade: true, destroyUpgradeTimeout: 5, port: 3000, nodeTag: "a" });
    assert.deepEqual(io.host.warnings, []);
  });

  test("of a limit is refused in any case: it would bound nothing", () => {
    assert.throws(() => serverWith({ limits: { maxRoomPerSocket: 5 } }), says("There is no limit maxRoomPerSocket: did you mean maxRoomsPerSocket?"));
    assert.throws(() => serverWith({ limits: { rooms: 5 } }), says("There is no limit rooms"));
  });
});

describe("a value that is not there", () => {
  test("stands for the default, as null does", () => {
    const options = { pingInterval: null, httpCompression: null, cors: null, cookie: null, allowRequest: undefined, limits: null };
    assert.deepEqual(resolveEngineOptions(options as never), resolveEngineOptions({}));
    serverWith({ adapter: null, parser: null, connectionStateRecovery: null, path: null, connectTimeout: null });
  });

  test("of a limit leaves the bound in place", () => {
    assert.deepEqual(resolveLimits({ maxDepth: undefined } as never, 1e6), resolveLimits({}, 1e6));
  });

  test("an empty path and a connectTimeout of 0 are the defaults, as with socket.io", () => {
    assert.equal(serverWith({ path: "" }).path(), "/socket.io");
    assert.equal(serverWith({ connectTimeout: 0 }).connectTimeout(), 45_000);
  });
});

describe("a callback that is none", () => {
  test("is refused where it is given, not when it is called", () => {
    const io = serverWith({});
    const refused = says("Cannot add a middleware: expected a function, got string");
    assert.throws(() => io.use("x" as never), refused);
    assert.throws(() => io.of("/chat").use("x" as never), refused);
    assert.throws(() => io.of(/^\/room/).use("x" as never), refused);
    assert.throws(() => io.engine.use("x" as never), refused);
  });
});

describe("a socket", () => {
  test("knows its server and its adapter, which programs without types reach for", async () => {
    const { socket } = await join(serverWith({}));
    const { server, adapter } = socket as unknown as Record<string, unknown>;
    assert.equal(server, socket.nsp.server);
    assert.equal(adapter, socket.nsp.adapter);
  });
});

describe("a namespace's name that is no text", () => {
  test("is made one, as with socket.io", () => {
    assert.equal(serverWith({}).of(5 as never).name, "/5");
  });
});

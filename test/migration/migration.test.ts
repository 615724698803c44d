/** What the migration guide says is what happens. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { io as connect } from "socket.io-client";
import { describe, onTestFinished, test } from "vitest";
import { WebSocketServer } from "ws";
import { Server, type Socket } from "../../runtimes/node.ts";
import { resolveEngineOptions } from "../../src/engine/options.ts";
import { resolveServerOptions } from "../../src/server/options.ts";
import { bodyOf, cellsOf, codeIn, guide, type Row, rows } from "./guide.ts";
import { play } from "./play.mjs";

const ROOT = join(import.meta.dirname, "../..");
const elsewhere: Readonly<Record<string, readonly string[]>> = {
  "From the Deno port": ["deno", "run", "--quiet", "--no-check", "--allow-net"],
  "From the Bun engine": ["bun"],
};
const runnable = rows().filter(({ fate }) => fate !== undefined);

describe("every row of the guide", () => {
  for (const row of runnable.filter(({ section }) => !(section in elsewhere))) {
    test(`${row.section}: ${row.before.join(", ")}`, async () => {
      assert.equal(await play(row as Row & { fate: string }, await scope()), undefined);
    });
  }

  for (const [section, [file, ...args]] of Object.entries(elsewhere)) {
    test(`${section}, over there`, () => {
      const here = runnable.filter((row) => row.section === section);
      assert.ok(here.length > 4);
      const program = join(import.meta.dirname, "program.mjs");
      const printed = execFileSync(join(ROOT, "node_modules/.bin", file!), [...args, program, JSON.stringify(here)], { cwd: ROOT, encoding: "utf8" });
      assert.deepEqual(JSON.parse(printed), []);
    });
  }
});

describe("the guide", () => {
  test("has rows of every kind", () => {
    assert.deepEqual([...new Set(runnable.map(({ fate }) => fate))].toSorted(), ["ignored", "throws", "undefined", "works"]);
    assert.ok(runnable.length > 70, `only ${runnable.length}`);
  });

  test("tells today's defaults", () => {
    const defaults: Record<string, unknown> = { ...resolveServerOptions({}), ...resolveEngineOptions({}), allowEIO3: false, cookie: false };
    const lines = bodyOf(guide.split("| option | 2 | today |")[1]!).map(cellsOf);
    assert.ok(lines.length > 4);
    for (const [name, , today] of lines) assert.equal(codeIn(today!)[0] ?? "undefined", String(defaults[codeIn(name!)[0]!]), name);
  });

  test("names every member that released `socket.io` has in public", () => {
    const named = new Set(codeIn(guide.split("## From socket.io 3")[0]!));
    const declared = ["index", "namespace", "socket", "broadcast-operator"].flatMap((file) =>
      publicMembers(readFileSync(join(ROOT, `node_modules/socket.io/dist/${file}.d.ts`), "utf8")),
    );
    assert.ok(declared.length > 100, `found only ${declared.length}`);
    assert.deepEqual(declared.filter((name) => !named.has(name) && !guide.includes(`.${name}(`)), []);
  });

  test("has lines of no more than 150 characters outside its tables", () => {
    assert.deepEqual(guide.split("\n").filter((line) => line.length > 150 && !line.startsWith("|")), []);
  });
});

/** A server on a port of its own, with one socket. */
async function scope(): Promise<Record<string, unknown>> {
  const http = createServer();
  const io = new Server(http);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const client = connect(`http://127.0.0.1:${(http.address() as AddressInfo).port}`, { transports: ["websocket"], forceNew: true });
  const [socket] = (await new Promise<[Socket]>((resolve) => io.once("connection", (each) => resolve([each]))));
  onTestFinished(async () => {
    client.close();
    await io.close();
  });
  const called = (): never => assert.fail("an old callback was called");
  const middleware = (_socket: unknown, next: () => void): void => next();
  const spare = createServer();
  return {
    Server, io, socket, nsp: io.of("/"), http: spare, id: socket.id, room: "room", app: {}, listener: () => {}, callback: called, middleware, WebSocketServer,
  };
}

/** Names of the members of the exported classes and option interfaces that are neither private nor internal by their name. */
function publicMembers(declarations: string): string[] {
  const bodies = [...declarations.matchAll(/^(?:export declare class|interface|export interface) \w+[^]*?^\}/gm)].map(([body]) => body);
  return bodies.flatMap((body) => [...body.matchAll(/^ {4}(?:readonly |get )?([a-zA-Z]\w*)[?(<:]/gm)].map(([, name]) => name!)).filter((name) => name !== "constructor");
}

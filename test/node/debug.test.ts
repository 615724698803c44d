import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "vitest";

const root = join(import.meta.dirname, "../..");

/** A server and a client that says one thing, in one program. */
const program = `
  import { createServer } from "node:http";
  import { io as connect } from "socket.io-client";
  import { Server } from "omnisocket";
  const http = createServer();
  const io = new Server(http);
  io.on("connection", (socket) => socket.on("ask", (answer) => answer("yes")));
  http.listen(0, async () => {
    const client = connect("http://localhost:" + http.address().port);
    await client.emitWithAck("ask");
    client.close();
    await io.close();
  });
`;

test("`DEBUG=socket.io:*` prints what happens in the scopes that users know, and nothing without it", async () => {
  const scopes = ["server", "namespace", "socket"].map((name) => `socket.io:${name}`);
  const lines = await run(scopes.join(","));
  for (const scope of scopes) assert.match(lines, new RegExp(`${scope} \\S`));
  assert.match(lines, /socket\.io:socket .* received \["ask"/);
  assert.match(await run("engine,engine:*"), /engine:socket .*opens over polling/);
  assert.equal(await run(""), "");
});

async function run(debug: string): Promise<string> {
  const folder = join(root, ".cache", "debug");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "program.mjs"), program);
  const child = spawn(process.execPath, [join(folder, "program.mjs")], { env: { ...process.env, DEBUG: debug } });
  const [printed] = await Promise.all([text(child.stderr), once(child, "exit")]);
  assert.equal(child.exitCode, 0, printed);
  return printed;
}

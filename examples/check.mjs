/** What the examples' checks have in common: the app as a process of its own, and released clients. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { io as connect } from "socket.io-client";

/** Milliseconds for everything. */
const DEADLINE = 90_000;
const ADDRESS = /http:\/\/(?:127\.0\.0\.1|localhost):\d+/;

setTimeout(() => {
  throw new Error(`The check has not ended after ${DEADLINE} ms`);
}, DEADLINE).unref();

/** Starts a program on a free port, runs `check` with the address that it prints, and sees that it ends well. */
export async function withApp([command, ...args], check, env = {}) {
  const settings = { ...process.env, HOST: "127.0.0.1", PORT: "0", ...env };
  // A group of its own: some commands, such as npm's `deno`, only start the program.
  const app = spawn(command, args, { env: settings, stdio: ["ignore", "pipe", "inherit"], detached: true });
  const send = (signal) => process.kill(-Number(app.pid), signal);
  const kill = () => send("SIGKILL");
  process.once("exit", kill);
  const exit = once(app, "exit");
  await check(await addressOf(app));
  send("SIGTERM");
  // Some frameworks tidy up, and then hand the signal on to the process.
  const [code, signal] = await exit;
  assert.ok(code === 0 || signal === "SIGTERM", `the app ended with ${code ?? signal}`);
  process.off("exit", kill);
}

async function addressOf({ stdout }) {
  const printed = [];
  for await (const line of createInterface({ input: stdout })) {
    printed.push(line);
    const [address] = ADDRESS.exec(line) ?? [];
    if (address === undefined) continue;
    stdout.resume();
    return address;
  }
  throw new Error(`The app ended before it printed an address\n${printed.join("\n")}`);
}

/** Runs `check` with a connected client over polling, one over WebSocket, and one that has gone from the first to the second. */
export async function withEachTransport(url, check, options = {}) {
  for (const transports of [["polling"], ["websocket"], ["polling", "websocket"]]) {
    const socket = await open(url, { ...options, transports });
    const { engine } = socket.io;
    // The upgrade may be over before the namespace is joined.
    if (engine.transport.name !== transports.at(-1)) await once(engine, "upgrade");
    assert.equal(engine.transport.name, transports.at(-1));
    await check(socket);
    socket.disconnect();
  }
}

/** A connected client. */
export async function open(url, options = {}) {
  const socket = connect(url, { reconnection: false, forceNew: true, ...options });
  await new Promise((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("connect_error", reject);
  });
  return socket;
}

/** The arguments of the next event of this name. */
export function next(socket, event) {
  return new Promise((resolve) => socket.once(event, (...values) => resolve(values)));
}

/** Sees that the app's own page is still answered. */
export async function assertAnswers(url, body) {
  const response = await fetch(url);
  assert.equal(response.status, 200, url);
  assert.equal(await response.text(), body, url);
}

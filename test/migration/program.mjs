/** Runs the rows in its last argument, as JSON, on Deno or Bun, and prints what is not as the guide says. */
import { Server } from "omnisocket";
import process from "node:process";
import { play } from "./play.mjs";

const failures = [];
for (const row of JSON.parse(process.argv.at(-1))) {
  const io = new Server();
  const { Server: Engine } = globalThis.Bun ? await import("@socket.io/bun-engine") : {};
  const engine = Engine && new Engine();
  const serve = () => {};
  const failure = await play(row, { Server, io, Engine, engine, serve, port: 0, Deno: { serve } });
  if (failure !== undefined) failures.push(failure);
  await io.close();
}
console.log(JSON.stringify(failures));

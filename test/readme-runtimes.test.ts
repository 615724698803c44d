/** The README's programs for each runtime, as somebody who has installed the package runs them. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { Miniflare } from "miniflare";
import { io as connect } from "socket.io-client";
import { afterAll, beforeAll, onTestFinished, test } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const readme = readFileSync(join(ROOT, "README.md"), "utf8");
const project = mkdtempSync(join(tmpdir(), "omnisocket-readme-"));

beforeAll(() => {
  mkdirSync(join(project, "node_modules"));
  symlinkSync(ROOT, join(project, "node_modules/omnisocket"), "junction");
  writeFileSync(join(project, "package.json"), '{ "type": "module" }');
});

afterAll(() => rmSync(project, { recursive: true }));

const BIN = join(ROOT, "node_modules/.bin");
const programs: readonly (readonly [name: string, language: "js" | "ts", ...command: string[]])[] = [
  ["Node", "js", process.execPath],
  ["Deno", "ts", join(BIN, "deno"), "run", "--quiet", "--allow-net"],
  ["Bun", "ts", join(BIN, "bun")],
];

for (const [name, language, command, ...args] of programs) {
  test(`the program for ${name} runs as it stands`, async () => {
    const port = await freePort();
    const file = write(`${name}.${language}`, block(name, language).replaceAll("3000", String(port)));
    end(spawn(command!, [...args, file], { cwd: project, stdio: "ignore", detached: true }));
    await assertServes(`http://127.0.0.1:${port}`);
  });
}

test("the program for Cloudflare runs as it stands, with the settings below it", async () => {
  const settings = JSON.parse(block("Cloudflare", "jsonc")) as Settings;
  const [binding] = settings.durable_objects.bindings;
  assert.deepEqual(settings.migrations[0]!.new_sqlite_classes, [binding!.class_name]);
  const entryPoints = [write(settings.main, block("Cloudflare", "js"))];
  const external = ["cloudflare:workers"];
  const bundle = await build({ entryPoints, external, bundle: true, format: "esm", conditions: ["workerd"], write: false });
  const miniflare = new Miniflare({
    modules: true,
    script: bundle.outputFiles[0]!.text,
    compatibilityDate: settings.compatibility_date,
    durableObjects: { [binding!.name]: { className: binding!.class_name, useSQLite: true } },
    host: "127.0.0.1",
    port: 0,
  });
  onTestFinished(() => miniflare.dispose());
  await assertServes((await miniflare.ready).origin);
});

interface Settings {
  readonly main: string;
  readonly compatibility_date: string;
  readonly durable_objects: { readonly bindings: readonly { readonly name: string; readonly class_name: string }[] };
  readonly migrations: readonly { readonly new_sqlite_classes: readonly string[] }[];
}

/** The first block in this language after the name of the runtime. */
function block(runtime: string, language: string): string {
  const code = readme.split(`**${runtime}**`)[1]!.split(`\`\`\`${language}\n`)[1]!.split("```")[0];
  assert.ok(code, runtime);
  return code;
}

function write(name: string, code: string): string {
  const file = join(project, name);
  writeFileSync(file, code);
  return file;
}

/** A released client connects, and the app's own answer is there. */
async function assertServes(url: string): Promise<void> {
  const client = connect(url, { forceNew: true, reconnectionDelay: 100, reconnectionDelayMax: 200 });
  onTestFinished(() => void client.close());
  await new Promise<void>((resolve) => client.on("connect", resolve));
  assert.equal(await (await fetch(url)).text(), "the app");
}

/** Ends it after the test, with what it has started: some binaries of npm packages do not pass signals on. */
function end(program: ChildProcess): void {
  onTestFinished(async () => {
    const exit = once(program, "exit");
    process.kill(-program.pid!);
    await exit;
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

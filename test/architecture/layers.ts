import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, posix } from "node:path";

const CORE = ["platform", "wire", "events", "log", "schedule", "engine", "adapter", "server"];
const RUNTIME = ["index", "platform", "runtime", "timer-host", "debug", "handshake"];

/** Who may import whom. A layer is a file or a folder of `src`, or a runtime: its entry and the folder beside it. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  platform: [],
  wire: [],
  events: [],
  log: ["platform"],
  schedule: ["platform"],
  engine: ["platform", "wire", "events", "log", "schedule"],
  adapter: ["platform", "wire", "events", "log"],
  server: ["platform", "wire", "events", "log", "schedule", "engine", "adapter"],
  client: ["wire", "events", "log"],
  index: CORE,
  runtime: CORE,
  "timer-host": RUNTIME,
  "client-files": RUNTIME,
  debug: RUNTIME,
  handshake: RUNTIME,
  "node-compatible": RUNTIME,
  core: RUNTIME,
  node: [...RUNTIME, "node-compatible"],
  deno: RUNTIME,
  bun: [...RUNTIME, "node-compatible"],
  cloudflare: RUNTIME,
};

/** Every import under `root` that the table does not allow, as `file imports file`. */
export function forbiddenImports(root: string): string[] {
  return ["src", "runtimes"].flatMap((folder) => sourcesIn(root, folder)).flatMap((file) =>
    importsOf(root, file)
      .filter((target) => !mayImport(layerOf(file), layerOf(target)))
      .map((target) => `${file} imports ${target}`),
  );
}

function mayImport(from: string, to: string): boolean {
  return from === to || MAY_IMPORT[from]?.includes(to) === true;
}

/** `src/engine/link.ts` → `engine`, `src/log.ts` → `log`, `runtimes/node/http.ts` → `node` */
function layerOf(file: string): string {
  return file.replace(/\.ts$/, "").split("/")[1] ?? file;
}

function sourcesIn(root: string, folder: string): string[] {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
  return files.filter((file) => file.endsWith(".ts")).map((file) => posix.join(folder, file.replaceAll("\\", "/")));
}

function importsOf(root: string, file: string): string[] {
  const specifiers = readFileSync(join(root, file), "utf8").matchAll(/\b(?:from|import)\s*\(?\s*"(\.[^"]+)"/g);
  return Array.from(specifiers, ([, specifier]) => posix.join(dirname(file), specifier!));
}

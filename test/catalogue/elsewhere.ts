/** Runs the catalogue inside another runtime: server, raw clients and rows in one program, bundled for it. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build, type Plugin } from "esbuild";
import { Miniflare } from "miniflare";

const ROOT = join(import.meta.dirname, "../..");

export type Runtime = "bun" | "deno" | "cloudflare";

/** What became of a row. */
export interface Outcome {
  readonly id: string;
  readonly error?: string;
}

/** Bundles the program of a runtime: the rows with its platform in the place of Node's, and a runner in the place of vitest. */
export async function bundle(runtime: Runtime, entry: string): Promise<string> {
  const outfile = join(ROOT, `.cache/catalogue/${runtime}.mjs`);
  await build({
    entryPoints: [join(import.meta.dirname, entry)],
    outfile,
    bundle: true,
    format: "esm",
    platform: "neutral",
    external: ["node:*", "cloudflare:*", "obug"],
    plugins: [substitute(runtime)],
    // The package says that its files have no side effects; those of tests do.
    ignoreAnnotations: true,
    logLevel: "error",
  });
  return outfile;
}

function substitute(runtime: Runtime): Plugin {
  return {
    name: "substitute",
    setup({ onResolve }) {
      onResolve({ filter: /\/platforms\/node\.ts$/ }, () => ({ path: join(import.meta.dirname, `platforms/${runtime}.mjs`) }));
      onResolve({ filter: /^cloudflare:workers$/ }, ({ importer }) => {
        return importer.endsWith("runtimes/cloudflare.ts") ? { path: join(import.meta.dirname, "platforms/plain-object.mjs") } : null;
      });
      onResolve({ filter: /^vitest$/ }, () => ({ path: join(import.meta.dirname, "runner.mjs") }));
    },
  };
}

const commands = {
  bun: [join(ROOT, "node_modules/.bin/bun")],
  deno: [join(ROOT, "node_modules/.bin/deno"), "run", "--quiet", "--no-prompt", "--allow-net", "--allow-env", "--allow-sys"],
} as const;

/** Runs all rows. Those that are known to differ are not waited for so long. */
export async function runIn(runtime: keyof typeof commands, differing: readonly string[]): Promise<Outcome[]> {
  const program = await bundle(runtime, "program.mjs");
  const [file, ...args] = commands[runtime];
  const child = spawn(file, [...args, program, JSON.stringify(differing)], { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  const outcomes: Outcome[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith("{")) outcomes.push(JSON.parse(line) as Outcome);
    else console.log(line);
  }
  return outcomes;
}

/** Runs all rows inside a Durable Object, which reaches itself over TCP. */
export async function runInWorkerd(differing: readonly string[]): Promise<Outcome[]> {
  const miniflare = new Miniflare({
    modules: true,
    scriptPath: await bundle("cloudflare", "worker.mjs"),
    compatibilityDate: "2026-01-01",
    compatibilityFlags: ["nodejs_compat"],
    durableObjects: { CATALOGUE: { className: "Catalogue", useSQLite: true } },
    host: "127.0.0.1",
    port: 0,
  });
  try {
    const { origin, port } = await miniflare.ready;
    const query = new URLSearchParams({ port, differing: JSON.stringify(differing) });
    const reply = await miniflare.dispatchFetch(`${origin}/catalogue?${query}`);
    return (await reply.json()) as Outcome[];
  } finally {
    await miniflare.dispose();
  }
}

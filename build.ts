/** Builds `dist/`: one bundle per entry around a shared core, and the declarations. Proves on the way that the core needs no platform. */
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const CORE = "runtimes/core.ts";
const ENTRIES = [CORE, "runtimes/node.ts", "runtimes/deno.ts", "runtimes/bun.ts", "runtimes/cloudflare.ts"];
const CLIENT_FILES = "runtimes/client-files.ts";
const OUT = "dist";

rmSync(OUT, { recursive: true, force: true });
console.log(`core: ${describeSize(await bundleCoreAlone())}`);
await bundleEntries();
await embedClientFiles();
emitDeclarations();

/** The whole core as one minified file. A platform's module does not resolve here, and a package is refused. */
async function bundleCoreAlone(): Promise<Uint8Array> {
  const { metafile, outputFiles } = await build({
    entryPoints: [CORE],
    bundle: true,
    minify: true,
    format: "esm",
    platform: "neutral",
    target: "es2022",
    metafile: true,
    write: false,
  });
  const foreign = Object.keys(metafile.inputs).filter((file) => !/^(src|runtimes)\//.test(file));
  if (foreign.length > 0) throw new Error(`Cannot build the core: it has no dependency, yet it imports ${foreign.join(", ")}`);
  return outputFiles[0]!.contents;
}

/** What the entries have in common becomes a chunk of its own, so `omnisocket/core` and `omnisocket/node` share their classes. */
async function bundleEntries(): Promise<void> {
  await build({
    entryPoints: ENTRIES,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "neutral",
    target: "es2022",
    packages: "external",
    external: ["cloudflare:*"],
    sourcemap: true,
    outdir: OUT,
    chunkNames: "chunks/[name]-[hash]",
  });
}

/** The one entry that has a package inside. */
async function embedClientFiles(): Promise<void> {
  await build({ entryPoints: [CLIENT_FILES], bundle: true, format: "esm", platform: "neutral", target: "es2022", outdir: OUT });
}

/** Drops every `implements`: the reader's compiler would look for the members that are @internal, and that are left out. */
function emitDeclarations(): void {
  const { status } = spawnSync("tsc", ["--project", "tsconfig.dist.json"], { stdio: "inherit", shell: true });
  if (status !== 0) process.exit(1);
  for (const name of readdirSync(`${OUT}/types`, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".d.ts")) continue;
    const file = `${OUT}/types/${name}`;
    writeFileSync(file, readFileSync(file, "utf8").replace(/^(export .*class .*) implements .* \{$/gm, "$1 {"));
  }
}

function describeSize(bundle: Uint8Array): string {
  const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;
  return `${kilobytes(bundle.length)} minified, ${kilobytes(gzipSync(bundle).length)} gzipped`;
}

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Plugin, build } from "esbuild";
import type { Mutation } from "./mutations.ts";
import type { Scenario } from "./scenario.ts";

/** The project's: npm's scripts and the tests run there. */
const root = process.cwd();

/** Bundles the worker with the core, changed by `mutation` where there is one. Returns the bundle's path. */
export async function bundleWorker(mutation?: Mutation): Promise<string> {
  const name = createHash("sha1").update(mutation?.bug ?? "").digest("hex").slice(0, 8);
  return bundle("worker.ts", mutation === undefined ? "core" : name, mutation);
}

/** A scenario that has failed once, by the name of its file. */
export function storedScenario(name: string): Scenario {
  return JSON.parse(readFileSync(join(root, "test/simulation/scenarios", name), "utf8")) as Scenario;
}

/** Bundles what `npm run simulate` runs, for any engine. Returns the bundle's path. */
export async function bundleCli(): Promise<string> {
  return bundle("cli.ts", "cli");
}

async function bundle(entry: string, name: string, mutation?: Mutation): Promise<string> {
  const outfile = join(root, ".cache/simulation", `${name}.mjs`);
  await build({
    entryPoints: [join(root, "test/simulation", entry)],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    sourcemap: mutation === undefined && "inline",
    logLevel: "warning",
    plugins: mutation === undefined ? [] : [mutate(mutation)],
  });
  return outfile;
}

function mutate({ bug, file, find, replace }: Mutation): Plugin {
  const path = join(root, "src", file);
  return {
    name: "mutation",
    setup({ onLoad }) {
      onLoad({ filter: new RegExp(`${file.replaceAll(/[./]/g, "[./\\\\]")}$`) }, ({ path: loaded }) => {
        if (loaded !== path) return undefined;
        const source = readFileSync(path, "utf8");
        const places = source.split(find).length - 1;
        if (places !== 1) throw new Error(`The mutation "${bug}" stands in src/${file} ${places} times, not once: write it anew`);
        // A function, since `$` in a replacement would mean something.
        return { contents: source.replace(find, () => replace), loader: "ts" };
      });
    },
  };
}

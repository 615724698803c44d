/** Where Deno is. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const COMMAND = fileURLToPath(new URL("../node_modules/deno/bin.cjs", import.meta.url));

/** The path of the program itself: the npm package's command is only its parent, and passes no signal on. */
export function denoPath() {
  return execFileSync(process.execPath, [COMMAND, "eval", "console.log(Deno.execPath())"], { encoding: "utf8" }).trim();
}

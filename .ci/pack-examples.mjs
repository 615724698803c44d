/** `npm run examples:pack`: packs what is built to where the examples install it from. */
import { spawnSync } from "node:child_process";
import { readFileSync, renameSync } from "node:fs";

const { name, version } = JSON.parse(readFileSync("package.json", "utf8"));
const args = ["pack", "--ignore-scripts", "--silent", "--pack-destination", "examples"];
const { status } = spawnSync("npm", args, { stdio: "inherit", shell: true });
if (status !== 0) process.exit(1);
renameSync(`examples/${name}-${version}.tgz`, `examples/${name}.tgz`);

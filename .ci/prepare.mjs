/** Brings a clone, however fresh, to where its programs run. Needs nothing but Node and npm. */
import { spawnSync } from "node:child_process";
import { readFileSync, readdirSync, statSync } from "node:fs";

/** Installs the npm packages, unless each one is there in the version that the lock file names. */
export function installPackages() {
  if (isInstalled()) return;
  console.log("Installing npm packages ...");
  if (!npm("ci", "--include=dev", "--no-audit", "--no-fund")) process.exit(1);
}

/** Builds `dist/`, unless it is newer than all it is made from. */
export function buildWhenStale() {
  const sources = ["build.ts", "package.json", "tsconfig.json", "tsconfig.dist.json", ...filesIn("src"), ...filesIn("runtimes")];
  if (sources.every((file) => changedAt(file) <= changedAt("dist/node.js"))) return;
  if (!npm("run", "--silent", "build")) process.exit(1);
}

/** What npm prints is for people: our own output may be read by a program. */
const stdio = ["inherit", process.stderr, "inherit"];

/** Runs npm, the very one that started this program where there is one. Tells whether it succeeded. */
export function npm(...args) {
  const cli = process.env.npm_execpath;
  const { status } = cli
    ? spawnSync(process.execPath, [cli, ...args], { stdio })
    : spawnSync("npm", args, { stdio, shell: true });
  return status === 0;
}

function isInstalled() {
  const present = packagesIn("node_modules/.package-lock.json");
  return Object.entries(packagesIn("package-lock.json")).every(
    ([path, { version, optional }]) => path === "" || optional || present[path]?.version === version,
  );
}

function packagesIn(lockFile) {
  try {
    return JSON.parse(readFileSync(lockFile, "utf8")).packages;
  } catch (error) {
    if (error.code === "ENOENT") return {};
    throw error;
  }
}

function filesIn(folder) {
  return readdirSync(folder, { recursive: true }).map((file) => `${folder}/${file}`);
}

function changedAt(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Real processes under load and attack: runs tests one after the other and prints a table. */
import { parseArgs } from "node:util";
import { buildWhenStale } from "../.ci/prepare.mjs";
import { KINDS, startServer } from "./server.mjs";
import { tests } from "./tests.mjs";

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: { server: { type: "string", default: "node" }, scale: { type: "string", default: "1" }, json: { type: "boolean", default: false } },
});
const names = positionals.length === 0 || positionals.includes("all") ? Object.keys(tests) : positionals;
const unknown = names.find((name) => tests[name] === undefined);
if (unknown !== undefined) throw new Error(`There is no test ${unknown}. There are: ${Object.keys(tests).join(", ")}`);
if (!KINDS.includes(given.server)) throw new Error(`There is no server ${given.server}. There are: ${KINDS.join(", ")}`);

buildWhenStale();
const rows = [];
for (const name of names) rows.push(await run(name));
if (given.json) console.log(JSON.stringify(rows));
process.exit(rows.every(({ failures }) => failures.length === 0) ? 0 : 1);

async function run(name) {
  const servers = [];
  const start = async (options, environment, kind = given.server) => {
    const server = await startServer(kind, options, environment);
    servers.push(server);
    return server;
  };
  const begun = performance.now();
  const { did, figures, failures } = await tests[name]({ start, kind: given.server, scale: Number(given.scale) })
    .catch((error) => ({ did: "broke off", figures: {}, failures: [error.stack] }));
  await Promise.all(servers.map((server) => server.stop()));
  const row = { test: name, server: given.server, did, figures, failures, seconds: Math.round((performance.now() - begun) / 100) / 10 };
  if (!given.json) print(row);
  return row;
}

function print({ test, server, did, figures, failures, seconds }) {
  const verdict = failures.length === 0 ? "pass" : `FAIL: ${failures.join("; ")}`;
  const text = Object.entries(figures).map(([name, value]) => `${name} ${value}`).join(", ");
  console.log(`| ${[test, server, did, text, `${seconds} s`, verdict].join(" | ")} |`);
}

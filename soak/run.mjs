/** Real processes under load and attack: runs tests one after the other, against one server or several, and prints tables. */
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { buildWhenStale } from "../.ci/prepare.mjs";
import { KINDS, startServer } from "./server.mjs";
import { describeRow, describeTable } from "./table.mjs";
import { all, tests } from "./tests.mjs";

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: { server: { type: "string", default: "node" }, scale: { type: "string", default: "1" }, minutes: { type: "string", default: "1" }, json: { type: "boolean", default: false } },
});
const names = positionals.length === 0 || positionals.includes("all") ? all : positionals;
const kinds = given.server.split(",");
assertKnown("test", names, Object.keys(tests));
assertKnown("server", kinds, KINDS);

buildWhenStale();
const rows = [];
for (const name of names) {
  for (const kind of kinds) {
    const row = await run(name, kind);
    if (!given.json) console.log(describeRow(row));
    rows.push(row);
  }
}
if (given.json) console.log(JSON.stringify(rows));
else if (kinds.length > 1) console.log(`\n${describeTable(rows, kinds)}`);
process.exit(rows.every(({ failures }) => failures.length === 0) ? 0 : 1);

function assertKnown(what, asked, known) {
  const unknown = asked.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`There is no ${what} ${unknown}. There are: ${known.join(", ")}`);
}

/** What one test finds with one server. A test that does not end in time, or outlives its server, has failed. */
async function run(name, kind) {
  const { play, seconds } = tests[name];
  const [scale, minutes] = [Number(given.scale), Number(given.minutes)];
  const servers = [];
  let fail;
  const failed = new Promise((_, reject) => (fail = reject));
  const start = async (options, environment, own = kind) => {
    const server = await startServer(own, options, environment);
    servers.push(server);
    server.failed.catch(fail);
    return server;
  };
  const deadline = new AbortController();
  const patience = seconds + 60 * minutes;
  void wait(1000 * patience, undefined, deadline).then(() => fail(new Error(`Not done after ${patience} s`)), () => {});
  const begun = performance.now();
  const { did, figures, failures } = await Promise.race([play({ start, kind, scale, minutes }), failed])
    .catch((error) => ({ did: "broke off", figures: {}, failures: [error.message] }));
  const took = Math.round((performance.now() - begun) / 100) / 10;
  deadline.abort();
  await Promise.all(servers.map((server) => server.stop()));
  return { test: name, server: kind, did, figures, failures, seconds: took };
}

/**
 * `npm run bench`: omnisocket and the released `socket.io` side by side, on this machine.
 *
 *     npm run bench -- [--json] [--runtimes node,bun,deno] [--scenarios echo,burst] [--runs 2] [--seconds 1]
 */
import { parseArgs } from "node:util";
import { buildWhenStale } from "../.ci/prepare.mjs";
import { scenarios } from "./scenarios.mjs";
import { runtimes, start } from "./servers.mjs";

const WARM_UP = 300;

const { values: given } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    runtimes: { type: "string", default: "node" },
    scenarios: { type: "string", default: Object.keys(scenarios).join(",") },
    runs: { type: "string", default: "2" },
    seconds: { type: "string", default: "1" },
  },
});

for (const [option, known] of Object.entries({ runtimes, scenarios })) {
  const unknown = given[option].split(",").find((name) => known[name] === undefined);
  if (unknown !== undefined) throw new Error(`--${option} does not know ${unknown}. There are: ${Object.keys(known).join(", ")}`);
}

buildWhenStale();
const results = [];
for (const runtime of given.runtimes.split(",")) {
  for (const name of given.scenarios.split(",")) results.push({ runtime, scenario: name, ...(await compare(runtime, name)) });
}
console.log(given.json ? JSON.stringify(results, null, 2) : table(results));
process.exit();

/** Measures both, in turns, and takes the better run of each: what disturbs a run only ever makes it worse. */
async function compare(runtime, name) {
  const best = {};
  for (let run = 0; run < Number(given.runs); run++) {
    for (const who of ["ours", "released"]) {
      const result = await measure(runtimes[runtime][who], scenarios[name]);
      if (best[who] === undefined || result.cpuPerUnit < best[who].cpuPerUnit) best[who] = result;
    }
  }
  return best;
}

async function measure(server, { prepare, once }) {
  const running = await start(server);
  try {
    const round = await prepare(running.port);
    if (!once) await repeat(round, WARM_UP);
    await running.collectGarbage();
    const before = await running.stats();
    const { units, seconds, times } = await repeat(round, once ? 0 : Number(given.seconds) * 1000);
    const busy = (await running.stats()).cpu - before.cpu;
    await running.collectGarbage();
    const memory = (await running.stats()).rss - before.rss;
    const result = { cpuPerUnit: busy / units, perSecond: units / seconds };
    return once ? { ...result, kibPerUnit: memory / 1024 / units } : { ...result, p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
  } finally {
    await running.stop();
  }
}

/** One round after the other for so many milliseconds, and at least one. */
async function repeat(round, milliseconds) {
  const times = [];
  const begun = performance.now();
  let units = 0;
  do {
    const roundStart = performance.now();
    units += await round();
    times.push(performance.now() - roundStart);
  } while (performance.now() - begun < milliseconds);
  return { units, seconds: (performance.now() - begun) / 1000, times };
}

function quantile(times, share) {
  return times.sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))];
}

function table(all) {
  const rows = all.map(({ runtime, scenario, ours, released }) => [
    runtime,
    `${scenarios[scenario].title} (per ${scenarios[scenario].unit})`,
    cell(ours),
    cell(released),
    (released.cpuPerUnit / ours.cpuPerUnit).toFixed(2),
  ]);
  const head = ["runtime", "scenario", "omnisocket", "socket.io", "socket.io ÷ ours"];
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at].length)));
  const line = (row) => `| ${row.map((text, at) => text.padEnd(widths[at])).join(" | ")} |`;
  return [line(head), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...rows.map(line)].join("\n");
}

function cell({ cpuPerUnit, p50, p99, kibPerUnit }) {
  const rest = kibPerUnit === undefined ? `round ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)}` : `${kibPerUnit.toFixed(1)} KiB`;
  return `${cpuPerUnit.toFixed(cpuPerUnit < 10 ? 2 : 0)} µs, ${rest}`;
}

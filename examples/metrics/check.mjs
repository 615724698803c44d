/** Drives the app with released clients, and reads what both exporters say of them. */
import assert from "node:assert/strict";
import { open, withApp } from "../check.mjs";

await withApp([process.execPath, "app.mjs"], async (url) => {
  const clients = [await open(url, { transports: ["websocket"] }), await open(url, { transports: ["polling"] })];
  for (const client of clients) await client.emitWithAck("join", "red");
  clients[0].emit("fail");
  // Two answers in the order of the events: the failure has happened.
  await clients[0].emitWithAck("join", "blue");
  for (const path of ["/metrics", "/otel-metrics"]) {
    const read = await scrape(url + path);
    assert.equal(read('socketio_connections{transport="websocket"}'), 1, path);
    assert.equal(read('socketio_connections{transport="polling"}'), 1, path);
    assert.equal(read('socketio_sockets{namespace="/"}'), 2, path);
    assert.equal(read("socketio_rooms"), 2, path);
  }
  assert.equal((await scrape(`${url}/metrics`))('socketio_handler_errors_total{phase="event"}'), 1);
  clients[0].disconnect();
  for (const path of ["/metrics", "/otel-metrics"]) await until(async () => {
    const read = await scrape(url + path);
    return read('socketio_sockets{namespace="/"}') === 1 && read('socketio_closes_total{reason="transport close"}') === 1;
  });
  clients[1].disconnect();
});

/** Gives the values of a page in Prometheus' text format, by their names with labels. */
async function scrape(address) {
  const text = await (await fetch(address)).text();
  const values = new Map();
  for (const line of text.split("\n").filter((each) => each !== "" && !each.startsWith("#"))) {
    const [, name, labels, value] = /^(\w+)(\{[^}]*\})? (\S+)/.exec(line);
    // OpenTelemetry adds labels that say whose the number is.
    const own = (labels ?? "").replace(/,?otel_scope_\w+="[^"]*"/g, "").replace("{,", "{");
    values.set(name + (own === "{}" ? "" : own), Number(value));
  }
  return (name) => values.get(name);
}

/** The check's own deadline is for all of it. */
async function until(isSo) {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20));
}

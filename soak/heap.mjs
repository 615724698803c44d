/** Counts the objects of our classes that are alive in this process. */
import { readFileSync, readdirSync } from "node:fs";
import { getHeapSnapshot } from "node:v8";

const CHUNKS = new URL("../dist/chunks/", import.meta.url);
const CLASS = /\bclass (\w+)|\b(?:var|let|const) (\w+) = class\b/g;

/** By class, of those that have objects. */
export async function countObjects() {
  const names = classNames();
  let text = "";
  for await (const chunk of getHeapSnapshot().setEncoding("utf8")) text += chunk;
  const { snapshot, nodes, strings } = JSON.parse(text);
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const [type, name] = [fields.indexOf("type"), fields.indexOf("name")];
  const object = types[type].indexOf("object");
  const counts = {};
  for (let at = 0; at < nodes.length; at += fields.length) {
    if (nodes[at + type] !== object) continue;
    const called = strings[nodes[at + name]];
    if (names.has(called)) counts[called] = (counts[called] ?? 0) + 1;
  }
  return counts;
}

/** The names of the built classes. `Socket` and `Server` are names of Node's own, too. */
function classNames() {
  const names = new Set();
  const entries = [new URL("../node.js", CHUNKS), ...readdirSync(CHUNKS).map((file) => new URL(file, CHUNKS))];
  for (const file of entries.filter(({ pathname }) => pathname.endsWith(".js"))) {
    for (const [, declared, assigned] of readFileSync(file, "utf8").matchAll(CLASS)) names.add(declared ?? assigned);
  }
  names.delete("extends");
  return names;
}

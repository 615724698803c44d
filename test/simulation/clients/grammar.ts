import { type Random, weights } from "../random.ts";
import type { SocketClient } from "./socket-client.ts";

/** Something that no well-behaved client would send, as plain JSON; bytes are base64. */
export type HostileInput =
  | { readonly by: "packet"; readonly text: string }
  | { readonly by: "bytes"; readonly length: number }
  | { readonly by: "websocket"; readonly frames: readonly string[] }
  | { readonly by: "http"; readonly method: string; readonly query: Readonly<Record<string, string>>; readonly body?: string; readonly type?: string }
  | { readonly by: "burst"; readonly text: string; readonly count: number };

export function attack(client: SocketClient, input: HostileInput): void {
  const { engine } = client;
  if (engine === undefined || !engine.isOpen) return;
  switch (input.by) {
    case "packet":
      return engine.sendPacket(input.text);
    case "bytes":
      return engine.sendPacket(new Uint8Array(input.length));
    case "websocket":
      return engine.intrude(input.frames);
    case "http":
      return engine.ask(input.method, input.body, input.query, input.type === undefined ? undefined : { "content-type": input.type });
    case "burst":
      for (let sent = 0; sent < input.count; sent++) engine.sendPacket(input.text);
  }
}

const kinds = weights({ packet: 8, bytes: 1, websocket: 2, http: 4, burst: 2 });

export function drawAttack(random: Random): HostileInput {
  const by = random.weighed(kinds);
  switch (by) {
    case "packet":
      return { by, text: drawPacket(random) };
    case "bytes":
      return { by, length: random.pick([0, 1, 40, 400]) };
    case "websocket":
      return { by, frames: Array.from({ length: random.below(4) }, () => random.pick(["2probe", "2probe", "5", "3probe", "2", "4", "40", ""])) };
    case "http":
      return drawRequest(random);
    case "burst":
      return { by, text: random.pick(["40", "40/a,", "40/nope,", "42[\"m\"]", "6", "3", "40/d1,", "41"]), count: random.between(2, 6) };
  }
}

/** An Engine.IO packet, mostly one that carries a Socket.IO packet. */
function drawPacket(random: Random): string {
  if (random.chance(0.2)) return random.pick(["", "0", "1", "2", "2probe", "3", "3probe", "5", "6", "7", "x", "b", "b!", "bAAAA", "4"]);
  return `4${drawSocketPacket(random)}`;
}

/** `<type>[<attachments>-][<nsp>,][<ack id>][<JSON>]`, each part sometimes off. */
function drawSocketPacket(random: Random): string {
  const type = random.pick(["0", "0", "1", "2", "2", "2", "3", "4", "5", "6", "7", " "]);
  const count = type === "5" || type === "6" || random.chance(0.05) ? random.pick(["1-", "2-", "0-", "11-", "-", "1.5-", "999999999-"]) : "";
  const nsp = random.pick(["", "", "/,", "/a,", "/b,", "/nope,", "/d1,", "/d2,", "/__proto__,", `/${"n".repeat(300)},`, "/a"]);
  const id = random.chance(0.3) ? random.pick(["0", "1", "7", "007", "-1", "1.5", "1e3", "9007199254740993", "9".repeat(40)]) : "";
  return type + count + nsp + id + random.pick(payloads);
}

const payloads = [
  "",
  '["m",{"item":-1}]',
  '["m"]',
  '["m",{"_placeholder":true,"num":0}]',
  '["m",{"_placeholder":true,"num":1}]',
  '["disconnect"]',
  '["error","x"]',
  '["__proto__"]',
  "[123]",
  "[]",
  "[null]",
  "{}",
  "{",
  "null",
  '"text"',
  '["m"]x',
  `["m",${"[".repeat(300)}${"]".repeat(300)}]`,
  `["m"${",1".repeat(1100)}]`,
  '{"middleware":"hang"}',
  '{"token":1}',
];

function drawRequest(random: Random): HostileInput {
  const method = random.pick(["GET", "GET", "POST", "POST", "PUT", "OPTIONS", "DELETE"]);
  const query = random.pick<Record<string, string>>([{}, {}, { sid: "nobody" }, { sid: "" }, { EIO: "3" }, { transport: "websocket" }, { transport: "__proto__" }]);
  const body = method === "GET" ? undefined : random.pick(["", "6", "40", "2", `4${"x".repeat(2000)}`, "6\x1e6", "\x1e", "40\x1e40\x1e40/a,", "d=4"]);
  const type = random.pick([undefined, undefined, "application/octet-stream", "text/plain"]);
  return { by: "http", method, query, ...(body !== undefined && { body }), ...(type !== undefined && { type }) };
}

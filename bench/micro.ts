/**
 * `npm run bench:micro`: what single steps cost, without a network: CPU time and bytes allocated for each.
 *
 * Runs on Node, bundled with the sources as they are.
 */
import { createJsonCodec } from "../src/wire/json-codec.ts";
import { PacketType } from "../src/wire/packet.ts";
import { decodeEnginePacket } from "../src/wire/engine-packet.ts";
import { resolveLimits } from "../src/engine/limits.ts";
import { readParameters } from "../src/engine/query.ts";
import { encodeFrame } from "../runtimes/node/frames.ts";
import { FrameReader } from "../runtimes/node/frame-reader.ts";
import { crowd } from "./crowd.ts";

const PAYLOAD = { id: 123_456_789, name: "a payload of 64 bytes", ok: true, n: 12.5 };
const MEASURED_FOR = 200;

interface Row {
  readonly what: string;
  readonly nanoseconds: number;
  readonly bytes: number;
}

const codec = createJsonCodec(resolveLimits({}, 1e6));
const decoder = codec.createDecoder();
const event = { type: PacketType.EVENT, nsp: "/", data: ["event", PAYLOAD] } as const;
const [text] = codec.encode({ ...event }) as [string];
const bytesEvent = { type: PacketType.EVENT, nsp: "/", data: ["event", new Uint8Array(1024)] } as const;
const parts = codec.encode({ ...bytesEvent });
const reader = new FrameReader({ message() {}, ping() {}, closing() {}, invalid() {} }, { maxPayload: 1e6, maxFragments: 1 });
const masked = maskedFrame(`4${text}`);

const rows: Row[] = [
  measure("encode an event of 64 bytes", () => void codec.encode({ ...event })),
  measure("decode it", () => void decoder.receive(text)),
  measure("encode an event with 1 KiB of bytes", () => void codec.encode({ ...bytesEvent })),
  measure("decode it with its attachment", () => parts.forEach((part) => decoder.receive(part))),
  measure("read an Engine.IO packet", () => void decodeEnginePacket(`4${text}`)),
  measure("read the query of a poll", () => void readParameters("/socket.io/?EIO=4&transport=polling&t=abc&sid=AAAAAAAAAAAAAAAAAAAA", 256)),
  measure("make a WebSocket frame of 64 bytes", () => void encodeFrame(text)),
  measure("read one, masked", () => reader.read(Buffer.from(masked))),
];

for (const audience of [100, 1000, 5000, 20_000]) {
  const { io } = await crowd(audience);
  rows.push(measure(`broadcast to ${audience}, each`, () => void io.emit("event", PAYLOAD), audience));
}
for (const size of [10, 10_000]) {
  const { io, sockets } = await crowd(size);
  const one = sockets[0]!;
  rows.push(measure(`${size} join a room and leave it, each step`, () => {
    for (const socket of sockets) void socket.join("everyone");
    for (const socket of sockets) void socket.leave("everyone");
  }, 2 * size));
  const rooms = sockets.map((_, at) => `room ${at}`);
  rows.push(measure(`one joins ${size} rooms and leaves, each step`, () => {
    for (const room of rooms) void one.join(room);
    for (const room of rooms) void one.leave(room);
  }, 2 * size));
  rows.push(measure(`say something to one of ${size}`, () => void io.to(one.id).emit("event", PAYLOAD)));
}

const lines = rows.map(({ what, nanoseconds, bytes }) => {
  return `| ${what.padEnd(46)} | ${nanoseconds.toFixed(0).padStart(8)} | ${bytes.toFixed(0).padStart(8)} |`;
});
console.log([`| ${"step".padEnd(46)} | ${"CPU, ns".padStart(8)} | ${"bytes".padStart(8)} |`, `|${"-".repeat(48)}|---------:|---------:|`, ...lines].join("\n"));
process.exit();

/** CPU time and allocation of `work`, divided by `units`. */
function measure(what: string, work: () => void, units = 1): Row {
  repeat(work, MEASURED_FOR);
  globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  const count = repeat(work, MEASURED_FOR);
  const spent = process.cpuUsage({ user, system });
  return { what, nanoseconds: ((spent.user + spent.system) * 1000) / count / units, bytes: allocation(work) / units };
}

function repeat(work: () => void, milliseconds: number): number {
  const end = performance.now() + milliseconds;
  let count = 0;
  for (; performance.now() < end; count += 10) for (let at = 0; at < 10; at++) work();
  return count;
}

/** Bytes on the heap that one call takes: so few calls that nothing is collected in between. */
function allocation(work: () => void): number {
  globalThis.gc?.();
  const calls = 20;
  const before = process.memoryUsage().heapUsed;
  for (let at = 0; at < calls; at++) work();
  return Math.max(0, process.memoryUsage().heapUsed - before) / calls;
}

/** What a client sends, with a mask of its own. */
function maskedFrame(message: string): Buffer {
  const payload = Buffer.from(message);
  const mask = [1, 2, 3, 4];
  for (let at = 0; at < payload.length; at++) payload[at]! ^= mask[at & 3]!;
  return Buffer.concat([Buffer.of(0x81, 0x80 | payload.length, ...mask), payload]);
}

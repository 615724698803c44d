/** Attacks on a server's memory, each by one connection that stays, and does no more than its share. Each gives what ends it. */
import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { deflateRawSync } from "node:zlib";
import { Client } from "./client.mjs";
import { RawWebSocket, frame } from "./web-socket.mjs";

const BYTES = randomBytes(9000);
const TEXT = BYTES.toString("base64").slice(0, 9000);
const BOMB = bombFrame();

export const attackers = {
  "slow reader": joined((client) => {
    client.raw.pause();
    client.emit("flood", 2000, 9000);
  }),
  "ping flood": joined((client) => {
    client.raw.pause();
    for (let sent = 0; sent < 5000; sent++) client.raw.write(frame(BYTES.subarray(0, 125), 0x89));
  }),
  "fragments": joined((client) => {
    client.raw.write(frame("4", 0x01));
    for (let sent = 0; sent < 3000; sent++) client.raw.write(frame("x", 0x00));
  }),
  "open fragments": joined((client) => {
    client.raw.write(frame("4", 0x01));
    for (let sent = 0; sent < 11; sent++) client.raw.write(frame(TEXT, 0x00));
  }),
  "open reassembly": joined((client) => {
    client.raw.send('459-["a",{"_placeholder":true,"num":0}]');
    for (let sent = 0; sent < 8; sent++) client.raw.send(BYTES);
  }),
  "many namespaces": joined((client) => {
    for (let sent = 0; sent < 100; sent++) client.raw.send(`40/dynamic-${Math.random()},`);
  }),
  "refused names": joined((client) => {
    for (let sent = 0; sent < 100; sent++) client.raw.send(`40/${TEXT.slice(0, 200)}${sent},`);
  }),
  "unanswered acks": joined((client) => client.emit("ask", 5000)),
  "half-open upgrade": async (port) => {
    const client = await Client.polling(port);
    const socket = new RawWebSocket(port, client.query);
    if (await socket.opened) socket.send("2probe");
    client.emit("flood", 2000, 9000);
    return () => {
      socket.drop();
      client.leave();
    };
  },
  "dripping body": async (port) => {
    const client = await Client.polling(port);
    const path = `/socket.io/?EIO=4&transport=polling${client.query}`;
    const drop = drip(port, `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 95000\r\n\r\n`, 10);
    return () => {
      drop();
      client.leave();
    };
  },
  "dripping headers": async (port) => drip(port, "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\nX: ", 1),
  "inflate bomb": async (port) => {
    const socket = new RawWebSocket(port, "", { extensions: "Sec-WebSocket-Extensions: permessage-deflate\r\n" });
    await socket.opened;
    for (let sent = 0; sent < 4; sent++) socket.write(BOMB);
    return () => socket.drop();
  },
  "recovery hoarding": async (port) => {
    for (let times = 0; times < 20; times++) {
      const client = await Client.webSocket(port);
      await client.call("join", [TEXT.slice(0, 500) + times]);
      client.emit("flood", 2, 9000);
      client.leave();
    }
    return () => {};
  },
};

function joined(attack) {
  return async (port) => {
    const client = await Client.webSocket(port);
    attack(client);
    return () => client.leave();
  };
}

/** Sends a head, then pieces of a body that never ends. */
function drip(port, head, pieces) {
  const socket = connect({ port, host: "127.0.0.1" }).on("error", () => {}).resume();
  socket.write(head);
  let left = pieces;
  const timer = setInterval(() => {
    socket.write(TEXT);
    if (--left === 0) clearInterval(timer);
  }, 50);
  return () => {
    clearInterval(timer);
    socket.destroy();
  };
}

/** A compressed message of 90 KB on the wire, and 80 MB behind. */
function bombFrame() {
  const deflated = deflateRawSync(Buffer.alloc(80_000_000, "4"), { finishFlush: 2 });
  return frame(deflated.subarray(0, -4), 0xc1);
}

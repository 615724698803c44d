/** What is measured. `prepare` gives a function that does one round of work and resolves to the number of units in it. */
import { Client, PollingClient, frame } from "./client.mjs";

const PAYLOAD = { id: 123_456_789, name: "a payload of 64 bytes", ok: true, n: 12.5 };
const EVENT = 0x34;
const TEXT = 0x81;
const BINARY = 0x82;

export const scenarios = {
  echo: { title: "echo, 100 clients", unit: "message", prepare: prepareEcho },
  broadcast: { title: "broadcast to 500", unit: "delivery", prepare: (port) => prepareBroadcast(port, bcast, 500) },
  burst: { title: "ten broadcasts in one turn to 500", unit: "delivery", prepare: (port) => prepareBroadcast(port, burst, 5000) },
  binary: { title: "broadcast of 1 KiB of bytes to 500", unit: "delivery", prepare: (port) => prepareBroadcast(port, binary, 500) },
  polling: { title: "long-polling round trip, 50 clients", unit: "round trip", prepare: preparePolling },
  upgrade: { title: "upgrade from polling to WebSocket", unit: "upgrade", prepare: prepareUpgrades },
  connect: { title: "connecting, then idle", unit: "connection", once: true, prepare: prepareConnections },
};

const bcast = [frame(`42${JSON.stringify(["bcast", "room", PAYLOAD])}`)];
const burst = [frame(`42${JSON.stringify(["burst", "room", 10, PAYLOAD])}`)];
const binary = [
  frame(`451-${JSON.stringify(["bcast", "room", { _placeholder: true, num: 0 }])}`),
  frame(Buffer.alloc(1024, 7)),
];

async function prepareEcho(port) {
  const clients = await openMany(port, 100);
  const message = frame(`42${JSON.stringify(["echo", PAYLOAD])}`);
  return () => eachAnswered(clients, (client, answered) => {
    client.onFrame = answered;
    client.write(message);
  });
}

async function prepareBroadcast(port, message, expected) {
  const clients = await openMany(port, 500);
  for (const client of clients) client.write(frame('420["join","room"]'));
  await Promise.all(clients.map((client) => client.next((text) => text.startsWith("430"))));
  const sender = await Client.open(port);
  return () => new Promise((resolve) => {
    let missing = expected;
    const onFrame = (type, payload) => {
      const isLast = type === BINARY || (type === TEXT && payload[0] === EVENT && payload[1] === 0x32);
      if (isLast && --missing === 0) resolve(expected);
    };
    for (const client of clients) client.onFrame = onFrame;
    for (const bytes of message) sender.write(bytes);
  });
}

async function preparePolling(port) {
  const clients = await Promise.all(Array.from({ length: 50 }, () => PollingClient.open(port)));
  const message = `42${JSON.stringify(["echo", PAYLOAD])}`;
  return () => eachAnswered(clients, async (client, answered) => {
    await Promise.all([client.poll(), client.post(message)]);
    answered();
  });
}

async function prepareUpgrades(port) {
  return () => eachAnswered(Array.from({ length: 20 }), async (_, answered) => {
    const polling = await PollingClient.open(port);
    const poll = polling.poll();
    const client = new Client(port, polling.query);
    await client.opened;
    client.write(frame("2probe"));
    await Promise.all([client.next((text) => text === "3probe"), poll]);
    client.write(frame("5"));
    client.write(frame(`42${JSON.stringify(["echo", PAYLOAD])}`));
    await client.next((text) => text.startsWith("42"));
    client.close();
    answered();
  });
}

async function prepareConnections(port) {
  return async () => {
    await openMany(port, 2000);
    return 2000;
  };
}

async function openMany(port, count) {
  const clients = [];
  while (clients.length < count) {
    clients.push(...(await Promise.all(Array.from({ length: Math.min(50, count - clients.length) }, () => Client.open(port)))));
  }
  return clients;
}

/** Starts `ask` for each of `clients` and resolves to their number once all are answered. */
function eachAnswered(clients, ask) {
  return new Promise((resolve) => {
    let missing = clients.length;
    const answered = () => {
      if (--missing === 0) resolve(clients.length);
    };
    for (const client of clients) void ask(client, answered);
  });
}

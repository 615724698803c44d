/** What clients of Engine.IO 3 get. */
import type { Socket } from "socket.io";
import { next, section, type Stage, type Stand } from "./stage.ts";
import type { WireClient } from "./wire-client.ts";

export const oldClientsSections = [
  section("W-48: ids, auth and namespaces of an old client", async (stage) => {
    const { stand, alice, socket } = await oldClient(stage);
    stage.print("socket", socket.id, socket.conn.protocol, socket.handshake.auth, socket.handshake.query, socket.rooms);
    for (const [sent, namespace] of [["40/chat?token=t&room=1,", "/chat"], ["40/plain", "/plain"]] as const) {
      const arrived = next(stand.io.of(namespace), "connection");
      alice.send(sent);
      const [joined] = (await arrived) as [Socket];
      stage.print("joined", joined.id, { ...joined.handshake.auth }, joined.rooms);
      await alice.show();
    }
    alice.send("41/chat,");
    alice.send('42/plain,["still here"]');
    await next([...stand.io.of("/plain").sockets.values()][0]!, "still here");
    stage.print("left", stand.io.of("/chat").sockets.size);
  }),

  section("W-50: an old client that is refused", async (stage) => {
    const { stand, alice } = await oldClient(stage);
    stand.io.of("/message").use((_socket, done) => done(new Error("no")));
    stand.io.of("/data").use((_socket, done) => done(Object.assign(new Error("no"), { data: { code: 7 } })));
    for (const namespace of ["/message", "/data", "/nowhere"]) {
      alice.send(`40${namespace}`);
      await alice.show();
    }
  }),

  section("W-35: text and bytes of an old client", async (stage) => {
    const { alice, socket } = await oldClient(stage);
    socket.onAny(stage.printer("event"));
    alice.send('42["text","é \u{1f600} \u2028"]');
    alice.send('451-["bytes",{"_placeholder":true,"num":0}]');
    alice.send(Buffer.from([4, 1, 2]));
    alice.send('42["ask"]');
    await next(socket, "ask");
    socket.emit("bytes", Buffer.from([1, 2]), "text");
    await alice.show(2);
    const answer = socket.emitWithAck("question");
    await alice.answer("[1,2]");
    stage.print("answer", await answer);
    socket.disconnect();
    await alice.show();
  }),

  section("W-43: the heartbeat of an old client", async (stage) => {
    const { alice, socket } = await oldClient(stage, { pingInterval: 500, pingTimeout: 500 });
    socket.conn.on("heartbeat", stage.printer("heartbeat"));
    alice.send("2");
    await alice.show();
    const ended = next(socket, "disconnect");
    stage.print("disconnect", (await ended)[0]);
    await alice.show();
  }),

  section("W-30/31: payloads for an old client", async (stage) => {
    const stand = await stage.serve({ allowEIO3: true });
    for (const form of ["&b64=1", ""]) {
      const base = `/socket.io/?EIO=3&transport=polling${form}`;
      const arrived = next(stand.io, "connection");
      const opened = await stand.ask(base);
      const [socket] = (await arrived) as [Socket];
      stage.print("open", opened.status, opened.headers["content-type"], opened.text);
      const url = `${base}&sid=${socket.conn["id" as never] as string}`;
      stage.print("joined", (await stand.ask(url)).text);
      socket.emit("é \u{1f600}", 1);
      socket.emit("bytes", Buffer.from([1, 255]));
      const { headers, body } = await stand.ask(url);
      stage.print("emitted", headers["content-type"], body);
      const heard = next(socket, "up");
      const posted = await stand.ask(url, { method: "POST", headers: { "content-type": "text/plain" }, body: '12:42["up","é"]' });
      stage.print("posted", posted.status, posted.headers["content-type"], posted.text, ...(await heard));
    }
  }),
];

async function oldClient(stage: Stage, options: object = {}): Promise<{ stand: Stand; alice: WireClient; socket: Socket }> {
  const stand = await stage.serve({ allowEIO3: true, ...options });
  stand.io.of("/chat");
  stand.io.of("/plain");
  const arrived = next(stand.io, "connection");
  const alice = stage.websocket("alice", `ws://127.0.0.1:${stand.port}/socket.io/?EIO=3&transport=websocket`);
  const [socket] = (await arrived) as [Socket];
  await alice.show(2);
  return { stand, alice, socket };
}

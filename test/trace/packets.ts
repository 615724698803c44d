/** SOK rows seen as packets: which types arrive, which texts leave. */
import { next, section } from "./stage.ts";

export const packetsSections = [
  section("SOK-7/8: JSON that leaves", async (stage) => {
    const alice = await (await stage.serve()).join("alice");
    const { socket } = alice;
    socket.emit("date", new Date(0));
    socket.emit("undefined", undefined, { a: undefined, b: 1 });
    socket.emit("numbers", Number.NaN, Infinity, -0, 1e21);
    socket.emit("text", 'quote " line \n separator \u2028 pair \u{1f600}');
    socket.emit("map", new Map([[1, 2]]), new Set([1]));
    socket.emit("toJSON", { toJSON: () => "replaced" });
    socket.emit(7 as never, "a number as name");
    stage.attempt("BigInt", () => socket.emit("bigint", 1n));
    socket.emit("end");
    await alice.showUntil('42["end"]');
  }),

  section("SOK-7/8: bytes that leave", async (stage) => {
    const alice = await (await stage.serve()).join("alice");
    const { socket } = alice;
    const bytes = new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7]);
    const argument = { buffer: Buffer.from([1]), list: [bytes.subarray(2, 4)], text: "t" };
    socket.emit("buffer", Buffer.from([1, 2]));
    socket.emit("array buffer", bytes.buffer.slice(0, 2));
    socket.emit("deep", argument, new Uint16Array([1]), new DataView(bytes.buffer, 6));
    socket.emit("toJSON", { toJSON: () => ({ inner: Buffer.from([9]) }) });
    stage.print("the argument is as it was", argument);
    socket.emit("end");
    await alice.showUntil('42["end"]');
  }),

  section("SOK-7/8: asking with bytes", async (stage) => {
    const alice = await (await stage.serve()).join("alice");
    const answer = alice.socket.emitWithAck("question", Buffer.from([1]));
    await alice.answer('["text"]');
    await alice.show();
    stage.print("answer", await answer);
  }),

  section("SOK-18: types that arrive", async (stage) => {
    const alice = await (await stage.serve()).join("alice");
    const { socket } = alice;
    socket.onAny(stage.printer("event"));
    const frames = [
      '42["plain"]', '42["json",1,"two",null,true,[1,[2]],{"a":{"b":"c"}}]', '42["unicode","\u{1f600} \u2028"]', '42[""]', "42[1,2]",
    ];
    for (const frame of frames) alice.send(frame);
    alice.send('42["end"]');
    await next(socket, "end");
  }),

  section("SOK-18: bytes that arrive over WebSocket", async (stage) => {
    const alice = await (await stage.serve()).join("alice");
    const { socket } = alice;
    socket.onAny(stage.printer("event"));
    alice.send('451-["one",{"_placeholder":true,"num":0}]');
    alice.send(Buffer.from([1, 2]));
    alice.send('452-["two",{"deep":[{"_placeholder":true,"num":1}]},{"_placeholder":true,"num":0}]');
    alice.send(Buffer.from([3]));
    alice.send(Buffer.alloc(0));
    alice.send('42["end"]');
    await next(socket, "end");
  }),

  section("SOK-18: bytes that arrive over polling", async (stage) => {
    const stand = await stage.serve();
    const poller = await stand.poll();
    await poller.post("40");
    const socket = [...stand.io.sockets.sockets.values()][0]!;
    socket.onAny(stage.printer("event"));
    const ended = next(socket, "end");
    const body = ['451-["one",{"_placeholder":true,"num":0}]', "bAQID", '42["end"]'].join("\x1e");
    const { status, text } = await poller.post(body);
    await ended;
    stage.print("answer", status, text);
  }),

  section("SOK-18: no bytes at all, over polling", async (stage) => {
    const stand = await stage.serve();
    const poller = await stand.poll();
    await poller.post("40");
    const socket = [...stand.io.sockets.sockets.values()][0]!;
    socket.onAny(stage.printer("event"));
    socket.on("disconnect", (reason) => stage.print("disconnect", reason));
    // What released clients send for an empty Buffer.
    const { status } = await poller.post('451-["empty",{"_placeholder":true,"num":0}]\x1eb');
    await new Promise(setImmediate);
    stage.print("answer", status);
  }),

  section("SOK-20: an answer with bytes", async (stage) => {
    const alice = await (await stage.serve()).join("alice");
    const answered = new Promise<void>((resolve) => {
      alice.socket.emit("question", (...args: unknown[]) => resolve(stage.print("answered", ...args)));
    });
    await alice.show();
    alice.send('461-0[{"_placeholder":true,"num":0}]');
    alice.send(Buffer.from([7]));
    await answered;
  }),

  section("SOK-18: packets that end the connection", async (stage) => {
    const stand = await stage.serve();
    const packets = ["40", '42/elsewhere,["a"]', "49", '42["connect"]', '42["disconnect"]', "42[]", "42{}", '451-["a"]x', "44", '450-["a"]'];
    for (const packet of packets) {
      const alice = await stand.join("alice");
      const { socket } = alice;
      const ended = next(socket, "disconnect");
      alice.send(packet);
      const [reason] = await ended;
      stage.print("disconnect", reason);
      await alice.show();
    }
  }),

  section("SOK-18: a bad packet reaches the error listener", async (stage) => {
    const stand = await stage.serve();
    for (const packet of ["49", "42{}", '450-["a"]', '4511-["a"]']) {
      const alice = await stand.join("alice");
      alice.socket.on("error", (error) => stage.print("error", error.message));
      const ended = next(alice.socket, "disconnect");
      alice.send(packet);
      await ended;
    }
  }),
];

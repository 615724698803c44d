/** BCO rows: operators, who gets a broadcast, acknowledgements of many, sockets by room. */
import { setTimeout } from "node:timers/promises";
import { next, section, type Stage, type Stand } from "./stage.ts";
import type { Guest } from "./wire-client.ts";

export const broadcastSections = [
  section("BCO-1: operators are immutable", async (stage) => {
    const { stand, guests } = await party(stage);
    const base = stand.io.to("red");
    const narrowed = base.except("both");
    const widened = base.in("blue");
    for (const [name, operator] of Object.entries({
      compress: base.compress(true), timeout: base.timeout(1), volatile: base.volatile, local: base.local, narrowed, widened,
    })) {
      stage.print(name, operator !== base);
    }
    base.emit("base");
    narrowed.emit("narrowed");
    widened.emit("widened");
    await showAll(stand, guests);
  }),

  section("BCO-2: emit()", async (stage) => {
    const { stand, guests } = await party(stage);
    const { io } = stand;
    stage.print("returns", io.to("red").emit("red"), io.to("nobody").emit("nobody"));
    io.to("red").to("blue").emit("red or blue, once");
    io.to(["red", "blue"]).emit("array");
    io.to(["red", "blue"]).except("both").emit("except wins");
    io.except(["red", "blue"]).emit("no rooms");
    io.except("nobody").emit("everyone");
    io.to("red").except("red").emit("nobody");
    io.to(guests[0]!.socket.id).emit("one by id");
    io.except(guests[0]!.socket.id).emit("all but one by id");
    io.to("blue").emit("bytes", Buffer.from([1]), "text");
    for (const name of ["connect", "disconnect"]) stage.attempt(name, () => io.to("red").emit(name));
    await showAll(stand, guests);
  }),

  section("BCO-2: from a socket", async (stage) => {
    const { stand, guests } = await party(stage);
    const { socket } = guests[1]!;
    socket.broadcast.emit("broadcast");
    socket.to("red").emit("red");
    socket.broadcast.except("red").emit("not red");
    socket.nsp.to("red").emit("everyone in red");
    await showAll(stand, guests);
  }),

  section("BCO-3: emit() with an acknowledgement", async (stage) => {
    const { stand, guests } = await party(stage);
    const done = acknowledged(stage, (ack) => stand.io.to("red").timeout(5000).emit("question", 1, ack));
    await guests[0]!.answer('["alice",2]');
    await guests[1]!.answer("[{}]");
    await done;
  }),

  section("BCO-3: nobody there", async (stage) => {
    const { stand } = await party(stage);
    await acknowledged(stage, (ack) => stand.io.to("nobody").timeout(5000).emit("question", ack));
  }),

  section("BCO-3: one of two answers", async (stage) => {
    const { stand, guests } = await party(stage);
    const done = acknowledged(stage, (ack) => stand.io.to("red").timeout(1500).emit("question", ack));
    await guests[1]!.answer('["bob"]');
    await done;
    await guests[0]!.answer('["too late"]');
    guests[0]!.send('42["end"]');
    await next(guests[0]!.socket, "end");
  }),

  section("BCO-3: without timeout()", async (stage) => {
    const { stand, guests } = await party(stage);
    const done = acknowledged(stage, (ack) => stand.io.to("red").emit("question", ack));
    // Whoever gives up by itself after a moment has done so before the answers come.
    await Promise.race([done, setTimeout(100)]);
    for (const guest of guests.slice(0, 2)) await guest.answer('["yes"]');
    await done;
  }),

  section("BCO-3: from a socket", async (stage) => {
    const { guests } = await party(stage);
    const done = acknowledged(stage, (ack) => guests[1]!.socket.to("red").timeout(5000).emit("question", ack));
    await guests[0]!.answer('["alice"]');
    await done;
    const answers = guests[1]!.socket.broadcast.timeout(5000).emitWithAck("question");
    await guests[0]!.answer('["alice"]');
    await guests[2]!.answer("[]");
    stage.print("answers", await answers);
  }),

  section("BCO-3: answers with bytes", async (stage) => {
    const { stand, guests } = await party(stage);
    const done = acknowledged(stage, (ack) => stand.io.to("both").timeout(5000).emit("question", Buffer.from([1]), ack));
    const bob = guests[1]!;
    const id = /(\d+)\[/.exec(String(await bob.read()))![1];
    await bob.show();
    bob.write(`461-${id}[{"_placeholder":true,"num":0}]`);
    bob.write(Buffer.from([2]));
    await done;
  }),

  section("BCO-4: sockets by room", async (stage) => {
    const { stand, guests } = await party(stage);
    const { io } = stand;
    const names = async (found: Promise<{ id: string }[]>) =>
      (await found).map(({ id }) => guests.find((guest) => guest.socket.id === id)?.name);
    stage.print("all", await names(io.fetchSockets()));
    stage.print("red", await names(io.in("red").fetchSockets()));
    stage.print("red except both", await names(io.in("red").except("both").fetchSockets()));
    stage.print("local", await names(io.local.in("blue").fetchSockets()));
    stage.print("from bob", await names(guests[1]!.socket.to("red").fetchSockets()));
    io.in("red").socketsJoin("new");
    io.in("new").except("both").socketsLeave(["red", "new"]);
    for (const { name, socket } of guests) stage.print(name, [...socket.rooms].slice(1));
    for (const { name, socket } of guests) socket.on("disconnect", (reason) => stage.print(`${name} disconnect`, reason));
    io.in("blue").except("both").disconnectSockets();
    io.in("both").disconnectSockets(true);
    for (const guest of guests.slice(1)) await guest.show();
    await guests[1]!.show();
    stage.print("left", await names(io.fetchSockets()));
  }),
];

/** Alice is in red, bob in red, blue and both, carol in blue. */
async function party(stage: Stage): Promise<{ stand: Stand; guests: Guest[] }> {
  const stand = await stage.serve();
  const rooms = { alice: ["red"], bob: ["red", "blue", "both"], carol: ["blue"] };
  const guests: Guest[] = [];
  for (const [name, wanted] of Object.entries(rooms)) {
    const guest = await stand.join(name);
    void guest.socket.join(wanted);
    guests.push(guest);
  }
  return { stand, guests };
}

/** Prints what the acknowledgement that is given to `emit` gets. */
function acknowledged(stage: Stage, emit: (ack: (...args: unknown[]) => void) => boolean): Promise<void> {
  return new Promise((resolve) => {
    stage.print("emit", emit((...args) => resolve(stage.print("acknowledged", ...args))));
  });
}

async function showAll(stand: Stand, guests: readonly Guest[]): Promise<void> {
  stand.io.emit("end");
  for (const guest of guests) await guest.showUntil('42["end"]');
}

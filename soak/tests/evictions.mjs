/** Evictions: a Durable Object loses its memory at any moment, over and over; its clients lose nothing (G44). */
import { setImmediate as turn } from "node:timers/promises";
import { Guest, KINDS, gate } from "../guest.mjs";
import { Verdict } from "../verdict.mjs";

const EVICTIONS = 1000;
const GUESTS = 12;
const ROOMS = ["red", "green", "blue"];
const NAMESPACES = ["/fixed", "/dynamic-1", "/dynamic-2"];

export async function evictions({ start, scale }) {
  const server = await start({}, { WORKER: "../sleeper.mjs" }, "cloudflare");
  const count = Math.ceil(EVICTIONS * scale);
  const party = new Party(server);
  await party.gather();
  while (party.figures.evictions < count && party.faults.length === 0) await party.round();
  return judge(party, await party.disband(), await server.ask("complaints"));
}

function judge(party, remains, complaints) {
  const verdict = new Verdict();
  for (const [name, value] of Object.entries(party.figures)) verdict.note(name, value);
  verdict.atMost(0, "faults", party.faults.length);
  verdict.failures.push(...party.faults.slice(0, 10));
  verdict.atMost(0, "clients left", remains.clients);
  verdict.atMost(0, "keys left in the storage", remains.keys.filter((key) => key.includes("connection")).length);
  // The platform warns of an alarm that was ringing as the object went. It rings again: no guest misses a ping.
  const errors = complaints.filter((line) => !line.includes("warning: NOSENTRY SQLite alarm"));
  verdict.atMost(0, "errors of the runtime", errors.length);
  verdict.failures.push(...errors.slice(0, 3));
  const did = `${party.figures.evictions} evictions amid ${party.figures.messages} messages`;
  return { did, figures: verdict.figures, failures: verdict.failures };
}

/**
 * Guests who do things in rounds; once in each, between any two of them, the object loses its memory.
 *
 * A message that is on its way just then is lost by Miniflare itself, to any object. So everybody holds back what they have to say next until
 * the object is gone; what the server does and waits for goes on.
 */
class Party {
  figures = { evictions: 0, "asleep already": 0, messages: 0, broadcasts: 0, moves: 0, recoveries: 0 };
  faults = [];
  #server;
  #guests = [];
  #says = 0;
  #actions = 0;
  #evictAfter = Infinity;
  #evicting;
  #broken = [];
  /** Answers that nobody waits for yet. */
  #waiting = [];

  constructor(server) {
    this.#server = server;
  }

  async gather() {
    for (let at = 0; at < GUESTS; at++) await this.#welcome(KINDS[at % KINDS.length]);
  }

  /** Resolves to what the object still has when all have left. */
  async disband() {
    for (const guest of this.#guests) guest.leave();
    return this.#settled(0);
  }

  async round() {
    const present = this.#seats();
    this.#actions = 0;
    this.#evictAfter = Math.floor(Math.random() * 60);
    await this.#all(pick(this.#guests, 4).map((guest) => this.#move(guest)));
    this.#broken = pick(this.#guests, 1).filter(({ kind }) => kind !== "polling");
    const others = this.#guests.filter((guest) => !this.#broken.includes(guest));
    await this.#all([...this.#broken.map((guest) => this.#breakOff(guest)), ...others.map((guest) => this.#talk(guest))]);
    this.#broken = [];
    const isEvicted = (await (this.#evicting ?? this.#evict())) === "evicted";
    this.#evicting = undefined;
    await this.#look(isEvicted ? present : []);
    if (Math.random() < 0.2) await this.#change();
  }

  #seats() {
    return this.#guests.flatMap(({ seats }) => seats);
  }

  /** One of the things that change who is where. */
  async #move(guest) {
    await this.#act();
    const seat = any(guest.seats);
    const room = any(ROOMS);
    const namespace = NAMESPACES.find((name) => !guest.seats.some((taken) => taken.namespace === name));
    const moves = [
      async () => {
        seat.rooms.add(room);
        await seat.call("join", room);
      },
      async () => {
        seat.rooms.delete(room);
        await seat.call("leave", room);
      },
      () => seat.call("keep", (seat.value = { random: Math.random(), text: "x".repeat(any([1, 100, 20_000])) })),
      () => namespace && guest.sitDown(namespace),
    ];
    this.figures.moves += 1;
    await any(moves)();
  }

  /** Numbered messages, broadcasts, questions, and what waits for ever. */
  async #talk(guest) {
    for (let times = any([0, 1, 5]); times > 0; times--) {
      await this.#act();
      const seat = any(guest.seats);
      this.#say(seat, any(ROOMS));
      this.figures.messages += 3;
      if (Math.random() < 0.3) {
        seat.begun += 1;
        seat.socket.emit("begin");
      }
      seat.socket.emit("number", seat.numbers++);
      if (Math.random() < 0.3) seat.socket.emit("ask");
      // It keeps the object until the answer, for which a guest who polls would have to poll.
      if (guest.kind !== "polling" && Math.random() < 0.3) {
        seat.asked += 1;
        seat.socket.emit("ask in time");
      }
      const answered = seat.number();
      if (Math.random() < 0.5) await answered;
      else this.#waiting.push(answered);
    }
  }

  #say(seat, room) {
    const message = { from: seat.id, number: this.#says++ };
    for (const other of this.#seats()) {
      if (other.namespace === seat.namespace && other.rooms.has(room)) other.expected.push(message);
    }
    seat.socket.emit("say", room, message);
    this.figures.broadcasts += 1;
  }

  /** Away at any time, and perhaps while the object goes. */
  async #breakOff(guest) {
    await this.#act();
    this.figures.recoveries += guest.seats.length;
    guest.breakOff();
    await this.#act();
    await guest.comeBack();
  }

  /** A guest leaves for good, and another one comes. */
  async #change() {
    const [guest] = this.#guests.splice(1 + Math.floor(Math.random() * (GUESTS - 1)), 1);
    guest.leave();
    const { clients } = await this.#settled(this.#guests.length);
    if (clients !== this.#guests.length) this.faults.push(`${clients} clients instead of ${this.#guests.length}`);
    await this.#welcome(guest.kind);
  }

  #settled(count) {
    return this.#server.until(({ clients, keys }) => clients === count && (count > 0 || keys.length === 0), () => this.#server.ask("remains"));
  }

  async #welcome(kind) {
    this.#guests.push(await Guest.arrive(this.#server.port, kind));
  }

  /** Before each action: the object may have to go now, or be about to. */
  async #act() {
    if (this.#actions++ === this.#evictAfter) this.#evicting = this.#evict();
    if (Math.random() < 0.3) await turn();
    await this.#evicting;
  }

  async #evict() {
    // The answers come when everything before has been read.
    await Promise.all(this.#guests.filter((guest) => !this.#broken.includes(guest)).map(({ seats }) => seats[0].number()));
    const emptied = gate.close();
    this.#guests[0].seats[0].socket.emit("tick");
    await emptied;
    const said = await this.#server.ask("evict");
    gate.open();
    if (said === "evicted") this.figures.evictions += 1;
    else if (said.includes("not currently running")) this.figures["asleep already"] += 1;
    else this.faults.push(said);
    return said;
  }

  async #all(doing) {
    await Promise.all(doing);
    await Promise.all(this.#waiting.splice(0));
  }

  async #look(present) {
    // Everything that was sent has been handled before an answer to what is sent now.
    await Promise.all(this.#seats().map((seat) => seat.number()));
    const looks = await Promise.all(this.#seats().map(async (seat) => ({ seat, ...(await seat.look()) })));
    for (const { seat, recovered, faults } of looks) {
      this.faults.push(...faults);
      if (present.includes(seat) && !recovered) this.faults.push(`${seat.namespace} ${seat.id} is not recovered`);
    }
  }
}

/** One of them, by chance. */
function any(values) {
  return values[Math.floor(Math.random() * values.length)];
}

/** At most `count` different ones. */
function pick(values, count) {
  const picked = new Set(Array.from({ length: count }, () => any(values)));
  return [...picked];
}

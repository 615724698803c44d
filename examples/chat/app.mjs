/**
 * The server's side of the chat. It knows no runtime: give it any Socket.IO server.
 *
 * It also keeps nothing of its own. A name lives in `socket.data`, membership lives in the rooms; so the chat survives
 * whatever the sockets survive, and works the same on one server or on several.
 *
 * An address (`to`) is a room, which begins with "#", or the id of one person's socket, which never does. Without that
 * mark a client could join the room that carries another person's id and read the private messages.
 */

const LOBBY = "#lobby";
const MAX_NAME = 24;
const MAX_TEXT = 2000;
const MAX_ROOMS = 20;
/** Bytes. Long polling sends them as base64, a third longer, and one payload may have a million. */
const MAX_PICTURE = 700_000;

/** What the person did wrong, in words for the person. */
class Refused extends Error {}

/** @param {import("omnisocket").Server} io */
export function chat(io) {
  io.use(async (socket, next) => {
    const name = cleanName(socket.handshake.auth.name);
    if (name === undefined) return next(new Error(`A name has 1 to ${MAX_NAME} characters.`));
    socket.data.name = freeName(name, await io.fetchSockets());
    next();
  });

  io.on("connection", (socket) => {
    if (!socket.recovered) socket.join(LOBBY);

    answer(socket, "join", async (name) => {
      const room = cleanRoom(name);
      if (room === undefined) throw new Refused("A room's name has 1 to 24 letters, digits or dashes.");
      if (socket.rooms.size > MAX_ROOMS) throw new Refused("You are in too many rooms. Leave one first.");
      await socket.join(room);
      await tellWhoIsOnline(io);
      return { room };
    });

    answer(socket, "leave", async (room) => {
      if (!isRoom(room) || room === LOBBY) throw new Refused("You cannot leave that.");
      await socket.leave(room);
      await tellWhoIsOnline(io);
    });

    answer(socket, "message", async (message) => {
      const to = await reachable(io, socket, message?.to);
      const content = message.picture === undefined ? cleanText(message.text) : cleanPicture(message.picture);
      // A socket that is in both rooms gets one copy: the sender sees its message come back, like everyone else.
      io.to(to).to(socket.id).emit("message", { from: whois(socket), to, at: Date.now(), ...content });
    });

    // Old news is no news: a volatile event is dropped when it cannot leave at once.
    socket.on("typing", (to) => {
      if (typeof to !== "string" || (isRoom(to) && !socket.rooms.has(to))) return;
      socket.volatile.to(to).emit("typing", { from: whois(socket), to });
    });

    socket.on("disconnect", () => tellWhoIsOnline(io));
    return tellWhoIsOnline(io);
  });
}

/** Listens for a request; what `handle` returns or refuses goes back as the acknowledgement. */
function answer(socket, event, handle) {
  socket.on(event, async (request, reply) => {
    const result = await handle(request).catch((error) => {
      if (error instanceof Refused) return { error: error.message };
      throw error;
    });
    if (typeof reply === "function") reply(result ?? {});
  });
}

/** Sends everyone the list of people and rooms. */
async function tellWhoIsOnline(io) {
  const sockets = await io.fetchSockets();
  const rooms = new Map([[LOBBY, []]]);
  for (const { id, rooms: joined } of sockets) {
    for (const room of [...joined].filter(isRoom)) rooms.set(room, [...(rooms.get(room) ?? []), id]);
  }
  io.emit("online", {
    people: sockets.map(whois),
    rooms: [...rooms].map(([name, people]) => ({ name, people })),
  });
}

/** The address, if this socket may write to it: a room it is in, or a person who is here. */
async function reachable(io, socket, to) {
  if (isRoom(to)) {
    if (!socket.rooms.has(to)) throw new Refused("Join the room first.");
    return to;
  }
  const people = await io.fetchSockets();
  if (!people.some(({ id }) => id === to)) throw new Refused("That person has left.");
  return to;
}

function whois({ id, data }) {
  return { id, name: data.name };
}

function isRoom(to) {
  return typeof to === "string" && to.startsWith("#");
}

/** The name on one line, without characters that could hide it, turn it round or fake another. */
function cleanName(name) {
  if (typeof name !== "string" || name.length > 100) return undefined;
  const clean = name.normalize("NFC").replace(/[\p{C}\p{Z}\s]+/gu, " ").trim();
  return clean !== "" && [...clean].length <= MAX_NAME ? clean : undefined;
}

/** `name`, or "name 2" and so on when it is taken. */
function freeName(name, sockets) {
  const taken = new Set(sockets.map(({ data }) => data.name));
  for (let n = 2, candidate = name; ; n++) {
    if (!taken.has(candidate)) return candidate;
    candidate = `${name} ${n}`;
  }
}

function cleanRoom(name) {
  if (typeof name !== "string" || name.length > 100) return undefined;
  const clean = name.normalize("NFC").toLowerCase().trim().replace(/^#/, "").replace(/\s+/g, "-");
  return /^[\p{L}\p{N}][\p{L}\p{N}-]{0,23}$/u.test(clean) ? `#${clean}` : undefined;
}

function cleanText(text) {
  if (typeof text !== "string" || text.trim() === "") throw new Refused("There is nothing to send.");
  if (text.length > MAX_TEXT) throw new Refused(`A message has at most ${MAX_TEXT} characters.`);
  return { text: text.trim() };
}

/** The type is read from the bytes, never believed: an SVG, say, could carry a script. */
function cleanPicture(picture) {
  if (!(picture instanceof Uint8Array)) throw new Refused("That is not a picture.");
  if (picture.length > MAX_PICTURE) throw new Refused(`A picture has at most ${MAX_PICTURE / 1000} KB.`);
  const start = String.fromCharCode(...picture.subarray(0, 12));
  const [type] = Object.entries(SIGNATURES).find(([, pattern]) => pattern.test(start)) ?? [];
  if (type === undefined) throw new Refused("A picture is a PNG, JPEG, GIF or WebP file.");
  return { picture, type };
}

const SIGNATURES = {
  "image/png": /^\x89PNG/,
  "image/jpeg": /^\xff\xd8\xff/,
  "image/gif": /^GIF8[79]a/,
  "image/webp": /^RIFF[^]{4}WEBP/,
};

/* global io */
import { pictureBytes } from "./picture.js";
import { element, fillList, messageElement, paintAvatar, talkItem } from "./view.js";

const LOBBY = "#lobby";
const KEPT_MESSAGES = 200;
const TYPING_EVERY = 1500;
const TYPING_FADES = 3000;

/** Every element with an id, by that id. */
const page = Object.fromEntries([...document.querySelectorAll("[id]")].map((found) => [found.id, found]));

const socket = io({ autoConnect: false });

let people = new Map(); // id → name, of those who are here
let rooms = new Map(); // room → ids of the people in it
let open = LOBBY; // the talk on the screen
let typingTold = 0; // when we last said that we are typing
const joined = new Set([LOBBY]); // what to join again after a reconnection
const talks = new Map(); // room or person's id → talk

/** A talk is what was said in a room, or with one person. */
function talkWith(key, name = key) {
  if (!talks.has(key)) talks.set(key, { key, name, messages: [], draft: "", unread: 0, typing: new Map() });
  return talks.get(key);
}

const isRoom = (key) => key.startsWith("#");
const myName = () => people.get(socket.id) ?? socket.auth.name;

// --- Coming in -------------------------------------------------------------------------------------------------------

page.name.value = localStorage.getItem("name") ?? "";

page.enter.addEventListener("submit", (event) => {
  event.preventDefault();
  page["enter-error"].textContent = "";
  socket.auth = { name: page.name.value };
  socket.connect();
});

socket.on("connect", () => {
  localStorage.setItem("name", socket.auth.name);
  page.welcome.hidden = true;
  page.chat.hidden = false;
  showStatus();
  socket.io.engine.on("upgrade", showStatus);
  for (const room of joined) if (room !== LOBBY) ask("join", room);
  show(open);
  if (matchMedia("(pointer: fine)").matches) page.text.focus(); // elsewhere a keyboard would cover the page
});

socket.on("connect_error", (error) => {
  // An inactive socket was refused by the server, whose reason is worth reading. Otherwise the network failed.
  page["enter-error"].textContent = socket.active ? "The server does not answer. Trying again …" : error.message;
  showStatus();
});

socket.on("disconnect", showStatus);

function showStatus() {
  page.chat.classList.toggle("offline", !socket.connected);
  page.status.textContent = socket.connected ? `Online · ${socket.io.engine.transport.name}` : "Connecting again …";
  showTalk();
}

// --- Who is here -----------------------------------------------------------------------------------------------------

socket.on("online", (online) => {
  const before = { people, rooms };
  people = new Map(online.people.map(({ id, name }) => [id, name]));
  rooms = new Map(online.rooms.map(({ name, people: ids }) => [name, ids]));
  for (const room of joined) noteChanges(room, before);
  paintAvatar(page["your-avatar"], myName());
  page["your-name"].textContent = myName();
  showLists();
  showTalk();
});

/** Says in the room who came and who left, once we know who was there. */
function noteChanges(room, before) {
  const [then, now] = [before.rooms.get(room), rooms.get(room) ?? []];
  if (!then?.includes(socket.id)) return;
  for (const id of now) if (!then.includes(id)) add(room, { note: `${people.get(id)} came in` });
  for (const id of then) if (!now.includes(id)) add(room, { note: `${before.people.get(id)} left` });
}

function showLists() {
  const inRooms = new Set([...rooms.keys(), ...joined]);
  const others = [...people].filter(([id]) => id !== socket.id);
  const departed = [...talks.values()].filter(({ key, messages }) => !isRoom(key) && !people.has(key) && messages.length > 0);
  fillList(page.rooms, [...inRooms].map((key) => item(key, key.slice(1), String(rooms.get(key)?.length ?? 0))));
  fillList(page.people, [
    ...others.map(([key, name]) => item(key, name)),
    ...departed.map(({ key, name }) => item(key, name, "left")),
    ...(others.length + departed.length === 0 ? [element("li", { className: "nobody" }, "Nobody else yet. Open this page in a second window.")] : []),
  ]);
  page["people-count"].textContent = people.size;
  const unread = [...talks.values()].reduce((sum, talk) => sum + talk.unread, 0);
  page["unread-elsewhere"].hidden = unread === 0;
  document.title = unread > 0 ? `(${unread}) Chat` : "Chat";
}

function item(key, name, detail) {
  const gone = !isRoom(key) && !people.has(key);
  return talkItem({ key, name, detail, gone, unread: talks.get(key)?.unread ?? 0, open: key === open }, choose);
}

// --- Rooms and talks -------------------------------------------------------------------------------------------------

async function choose(key) {
  slideSide("out");
  if (!isRoom(key) || joined.has(key)) return show(key);
  const { room } = await ask("join", key);
  if (room === undefined) return;
  joined.add(room);
  show(room);
}

page["new-room"].addEventListener("submit", (event) => {
  event.preventDefault();
  choose(`#${page["room-name"].value}`);
  page["room-name"].value = "";
});

page.leave.addEventListener("click", async () => {
  const room = open;
  const { error } = await ask("leave", room);
  if (error !== undefined) return;
  joined.delete(room);
  show(LOBBY);
  forget(talkWith(room));
});

page["open-side"].addEventListener("click", () => {
  slideSide("in");
  page["close-side"].focus();
});
for (const closer of [page["close-side"], page.shade]) {
  closer.addEventListener("click", () => {
    slideSide("out");
    page["open-side"].focus();
  });
}
document.addEventListener("keydown", ({ key }) => key === "Escape" && slideSide("out"));

/** On a narrow screen the list slides over the talk; on a wide one it is always there. */
function slideSide(way) {
  document.body.classList.toggle("side-open", way === "in");
  page["open-side"].ariaExpanded = String(way === "in");
}

/** Puts a talk on the screen. */
function show(key) {
  talkWith(open).draft = page.text.value;
  open = key;
  const talk = talkWith(key, people.get(key));
  talk.unread = 0;
  setText(talk.draft);
  page.notice.textContent = "";
  page.messages.replaceChildren(...talk.messages.map((message, at) => messageElement(message, talk.messages[at - 1])));
  page.log.scrollTop = 0;
  showTyping();
  showTalk();
  showLists();
}

/** Shows the heading and the compose form of the open talk. */
function showTalk() {
  const room = isRoom(open);
  const name = room ? open.slice(1) : talkWith(open).name;
  const here = room || people.has(open);
  page["talk-name"].textContent = room ? `# ${name}` : name;
  page["talk-about"].textContent = room ? whoIsIn(open) : here ? "Only the two of you see this" : "Has left";
  page.leave.hidden = !room || open === LOBBY;
  page.text.placeholder = `Message ${room ? "#" : ""}${name}`;
  for (const field of [page.text, page.send, page.file]) field.disabled = !socket.connected || !here;
}

function whoIsIn(room) {
  const names = (rooms.get(room) ?? []).map((id) => (id === socket.id ? "you" : people.get(id)));
  return names.length === 1 ? "Only you are here" : names.join(", ");
}

// --- Messages --------------------------------------------------------------------------------------------------------

socket.on("message", ({ from, to, at, text, picture, type }) => {
  const mine = from.id === socket.id;
  const key = isRoom(to) || mine ? to : from.id;
  const url = picture && URL.createObjectURL(new Blob([picture], { type }));
  talkWith(key, people.get(key)).typing.delete(from.id);
  add(key, { from, at, text, url, mine });
  if (key === open) return showTyping();
  talkWith(key).unread++;
  showLists();
});

/** Adds a message or a note to a talk, and to the screen if that talk is open. */
function add(key, message) {
  const { messages } = talkWith(key);
  const previous = messages.at(-1);
  messages.push(message);
  if (messages.length > KEPT_MESSAGES) release(messages.shift());
  if (key !== open) return;
  page.messages.append(messageElement(message, previous));
  if (page.messages.childElementCount > KEPT_MESSAGES) page.messages.firstElementChild.remove();
  if (message.mine) page.log.scrollTop = 0; // the end: the log counts from below
}

/** Gives the memory of a picture back. */
function release({ url }) {
  if (url !== undefined) URL.revokeObjectURL(url);
}

function forget(talk) {
  talk.messages.forEach(release);
  talks.delete(talk.key);
}

page.compose.addEventListener("submit", async (event) => {
  event.preventDefault();
  const [to, text] = [open, page.text.value];
  if (text.trim() === "") return;
  setText("");
  typingTold = 0;
  const { error } = await ask("message", { to, text });
  if (error !== undefined && open === to && page.text.value === "") setText(text);
});

page.text.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  page.compose.requestSubmit();
});

page.file.addEventListener("change", () => {
  if (page.file.files.length > 0) sendPicture(page.file.files[0]);
  page.file.value = "";
});

page.text.addEventListener("paste", ({ clipboardData }) => {
  if (clipboardData.files.length > 0) sendPicture(clipboardData.files[0]);
});

async function sendPicture(file) {
  const to = open;
  try {
    await ask("message", { to, picture: await pictureBytes(file) });
  } catch {
    say("That file cannot be shown as a picture.");
  }
}

function setText(text) {
  page.text.value = text;
  fitText();
}

function fitText() {
  page.text.style.height = "auto";
  page.text.style.height = `${page.text.scrollHeight}px`;
}

/** Asks the server for something. The answer has an `error`, also shown to the person, when it was refused. */
async function ask(event, request) {
  const answer = await socket
    .timeout(10_000)
    .emitWithAck(event, request)
    .catch(() => ({ error: "The server did not answer." }));
  say(answer.error ?? "");
  return answer;
}

function say(text) {
  page.notice.textContent = text;
}

// --- Typing ----------------------------------------------------------------------------------------------------------

page.text.addEventListener("input", () => {
  fitText();
  if (page.text.value === "" || Date.now() - typingTold < TYPING_EVERY) return;
  typingTold = Date.now();
  socket.volatile.emit("typing", open);
});

socket.on("typing", ({ from, to }) => {
  const { typing } = talkWith(isRoom(to) ? to : from.id, from.name);
  clearTimeout(typing.get(from.id)?.timer);
  const timer = setTimeout(() => {
    typing.delete(from.id);
    showTyping();
  }, TYPING_FADES);
  typing.set(from.id, { name: from.name, timer });
  showTyping();
});

function showTyping() {
  const names = [...talkWith(open).typing.values()].map(({ name }) => name);
  page.typing.textContent = names.length > 0 ? `${names.join(" and ")} ${names.length > 1 ? "are" : "is"} typing` : "";
}

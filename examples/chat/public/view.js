/**
 * How things look: values in, elements out. What people wrote only ever becomes text, never markup.
 */

/** Messages of one person that follow each other this closely (milliseconds) share one heading. */
const GROUP = 5 * 60_000;

/** `element("p", { className: "note" }, "text", anotherElement)` */
export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** A disc with the first letter, in a colour that always belongs to the name. */
export function paintAvatar(disc, name) {
  let hash = 0;
  for (const letter of name) hash = Math.imul(hash ^ letter.codePointAt(0), 0x9e3779b1) >>> 0;
  disc.textContent = [...name][0].toUpperCase();
  disc.style.setProperty("--hue", hash % 360);
  return disc;
}

function avatar(name) {
  const disc = paintAvatar(element("span", { className: "avatar" }), name);
  disc.ariaHidden = "true";
  return disc;
}

/** One message, or a note such as "Ann came in". `previous` decides whether it needs a heading of its own. */
export function messageElement(message, previous) {
  if (message.note !== undefined) return element("p", { className: "note" }, message.note);
  const { from, at, mine } = message;
  const follows = previous?.from?.id === from.id && at - previous.at < GROUP;
  const article = element("article", { className: `message${mine ? " mine" : ""}${follows ? " follows" : ""}` });
  if (!mine) article.append(follows ? element("span", { className: "avatar-space" }) : avatar(from.name));
  const body = element("div", { className: "body" });
  if (!follows) body.append(heading(from, at, mine));
  body.append(message.url === undefined ? element("p", { className: "bubble" }, message.text) : picture(message));
  article.append(body);
  return article;
}

function heading(from, at, mine) {
  const time = new Date(at);
  const clock = time.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return element(
    "header",
    {},
    element("strong", { className: mine ? "unseen" : "" }, mine ? "You" : from.name),
    element("time", { dateTime: time.toISOString() }, clock),
  );
}

function picture({ url, from }) {
  const image = element("img", { src: url, alt: `Picture from ${from.name}`, className: "picture" });
  return element("a", { href: url, target: "_blank", rel: "noopener", title: "Open the picture" }, image);
}

/** One line of the lists at the side. */
export function talkItem({ key, name, detail, unread, open, gone }, choose) {
  const button = element("button", { className: `item${gone ? " gone" : ""}`, onclick: () => choose(key) });
  button.dataset.key = key;
  if (open) button.ariaCurrent = "true";
  button.append(
    key.startsWith("#") ? element("span", { className: "hash", ariaHidden: "true" }, "#") : avatar(name),
    element("span", { className: "item-name" }, name),
  );
  if (unread > 0) button.append(element("span", { className: "badge", ariaLabel: `${unread} unread` }, String(unread)));
  else if (detail) button.append(element("small", {}, detail));
  return element("li", {}, button);
}

/** Puts new items into a list without taking the keyboard's focus away. */
export function fillList(list, items) {
  const focused = list.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  list.replaceChildren(...items);
  if (focused !== undefined) list.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

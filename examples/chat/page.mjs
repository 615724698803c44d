/** The page of the chat, as far as it is the same on every runtime. */

// A fixed list: no path that a client sends ever reaches the file system.
const PAGE = new Map([
  ["/", { file: "index.html", type: "text/html" }],
  ["/chat.css", { file: "chat.css", type: "text/css" }],
  ["/chat.js", { file: "chat.js", type: "text/javascript" }],
  ["/view.js", { file: "view.js", type: "text/javascript" }],
  ["/picture.js", { file: "picture.js", type: "text/javascript" }],
]);

const SAFETY = {
  "content-security-policy": "default-src 'self'; img-src 'self' blob: data:; base-uri 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-cache",
};

/**
 * What a request for this path gets; `read` gives the content of a file, by its URL.
 *
 * @param {string} method
 * @param {string} path
 * @param {(file: URL) => Promise<Uint8Array<ArrayBuffer>>} read
 */
export async function page(method, path, read) {
  const entry = PAGE.get(path);
  if (entry === undefined) return { status: 404, headers: SAFETY, body: "Not found" };
  if (method !== "GET" && method !== "HEAD") return { status: 405, headers: SAFETY, body: undefined };
  const body = await read(new URL(`public/${entry.file}`, import.meta.url));
  const headers = { ...SAFETY, "content-type": `${entry.type}; charset=utf-8`, "content-length": String(body.length) };
  return { status: 200, headers, body: method === "HEAD" ? undefined : body };
}

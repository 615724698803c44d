/** Something that a URL parser would change: `/./`, `/../`, an encoded dot, a backslash. */
const unusual = /\/\.|%2e|\\/i;

/** What a whole URL has before its path, where that needs no parser: web platforms hand on what they have parsed. */
const plainOrigin = /^https?:\/\/[\w.-]+(?::\d{1,5})?(?=\/)/;

/** No whole URL has its path earlier than behind "http://h". */
const SHORTEST_ORIGIN = 8;

/**
 * What follows `path/` in a request's URL, or `undefined` when the request is for somebody else.
 *
 * Without `needsSlash`, `path` alone is ours too.
 */
export function pathAfter(path: string, url: string, needsSlash: boolean): string | undefined {
  // What clients ask for.
  const start = url.startsWith("/") ? 0 : url.indexOf("/", SHORTEST_ORIGIN);
  if (url.startsWith("/?", start + path.length) && url.startsWith(path, start)) return "";
  const pathname = pathOf(url);
  if (pathname?.startsWith(`${path}/`) === true) return pathname.slice(path.length + 1);
  return pathname === path && !needsSlash ? "" : undefined;
}

/** A path with its first slash and without its last. */
export function trimPath(path: string): string {
  const trimmed = path.endsWith("/") ? path.slice(0, -1) : path;
  return trimmed === "" || trimmed.startsWith("/") ? trimmed : `/${trimmed}`;
}

/** The path of a URL, as it is after parsing. */
function pathOf(url: string): string | undefined {
  const start = url.startsWith("/") ? 0 : (plainOrigin.exec(url)?.[0].length ?? -1);
  if (start >= 0 && !unusual.test(url)) {
    const end = url.search(/[?#]/);
    return url.slice(start, end === -1 ? undefined : end);
  }
  return URL.canParse(url, "http://localhost") ? new URL(url, "http://localhost").pathname : undefined;
}

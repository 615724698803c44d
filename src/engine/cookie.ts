/** Attributes of the session cookie. */
export interface CookieOptions {
  /** @default "io" */
  name?: string;
  /** `false` leaves it out. @default "/" */
  path?: string | false;
  /** `false` gives the cookie to scripts. @default true */
  httpOnly?: boolean;
  /** @default "lax" */
  sameSite?: boolean | "lax" | "strict" | "none";
  /** @default whether the request came over TLS */
  secure?: boolean;
  domain?: string;
  /** Seconds. */
  maxAge?: number;
  expires?: Date;
  partitioned?: boolean;
  priority?: "low" | "medium" | "high";
}

/** The `Set-Cookie` value that tells a load balancer where the session `id` lives (RFC 6265). */
export function serializeCookie(id: string, options: CookieOptions, requestIsSecure: boolean): string {
  // Programs without types may give null, and numbers as text.
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null)) as CookieOptions;
  const { name = "io", path = "/", sameSite = "lax", secure = requestIsSecure, domain, expires, priority } = given;
  const maxAge = Math.floor(given.maxAge ?? NaN);
  const parts = [`${name}=${encodeURIComponent(id)}`];
  if (Number.isFinite(maxAge)) parts.push(`Max-Age=${maxAge}`);
  if (domain !== undefined) parts.push(`Domain=${domain}`);
  if (path !== false) parts.push(`Path=${path}`);
  if (expires !== undefined) parts.push(`Expires=${expires.toUTCString()}`);
  if (given.httpOnly !== false) parts.push("HttpOnly");
  if (secure) parts.push("Secure");
  if (given.partitioned === true) parts.push("Partitioned");
  if (priority !== undefined) parts.push(`Priority=${capitalize(priority)}`);
  if (sameSite !== false) parts.push(`SameSite=${sameSite === true ? "Strict" : capitalize(sameSite)}`);
  return parts.join("; ");
}

function capitalize(word: string): string {
  return word[0]!.toUpperCase() + word.slice(1);
}

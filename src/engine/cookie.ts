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
  const path = options.path ?? "/";
  const sameSite = options.sameSite ?? "lax";
  const parts = [`${options.name ?? "io"}=${encodeURIComponent(id)}`];
  if (Number.isFinite(options.maxAge ?? NaN)) parts.push(`Max-Age=${Math.floor(options.maxAge!)}`);
  if ((options.domain ?? undefined) !== undefined) parts.push(`Domain=${options.domain}`);
  if (path !== false) parts.push(`Path=${path}`);
  // Programs without types may give null.
  const expires = options.expires ?? undefined;
  if (expires !== undefined) parts.push(`Expires=${expires.toUTCString()}`);
  if (options.httpOnly !== false) parts.push("HttpOnly");
  if (options.secure ?? requestIsSecure) parts.push("Secure");
  if (options.partitioned === true) parts.push("Partitioned");
  if (options.priority !== undefined) parts.push(`Priority=${capitalize(options.priority)}`);
  if (sameSite !== false) parts.push(`SameSite=${sameSite === true ? "Strict" : capitalize(sameSite)}`);
  return parts.join("; ");
}

function capitalize(word: string): string {
  return word[0]!.toUpperCase() + word.slice(1);
}

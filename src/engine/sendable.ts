import type { ReplyHeaders } from "../platform.ts";

/** RFC 9110, sections 5.1 and 5.5, without what only the past allowed. */
const fieldName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * Takes away the headers that the app gave and that no reply can have, and hands an error on for each.
 *
 * A line break within one would begin another header, or the body.
 */
export function keepSendable(headers: ReplyHeaders, refused: (error: TypeError) => void): void {
  for (const name in headers) {
    const value: unknown = headers[name];
    if (fieldName.test(name) && (Array.isArray(value) ? value.every(isSendable) : isSendable(value))) continue;
    delete headers[name];
    refused(new TypeError(`Cannot send the header ${JSON.stringify(name)}: its name or its value is not allowed in HTTP, and it is left out`));
  }
}

function isSendable(value: unknown): boolean {
  return typeof value === "string" ? fieldValue.test(value) : typeof value === "number";
}

/** Bytes that `text` takes in UTF-8. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) continue;
    // Both halves of a surrogate pair add one: four bytes for two units.
    length += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return length;
}

/** Whether a message takes more than `limit` bytes. Text is only looked through where its length leaves it open. */
export function isLonger(message: string | Uint8Array, limit: number): boolean {
  if (typeof message !== "string" || message.length > limit) return message.length > limit;
  return message.length * 3 > limit && utf8Length(message) > limit;
}

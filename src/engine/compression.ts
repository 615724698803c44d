import type { Reply, RequestLike } from "../platform.ts";
import { addVary } from "./cors.ts";

/** Compresses a body in one way of `Accept-Encoding`. */
export type Compress = (body: Uint8Array) => Promise<Uint8Array>;

/** What every platform can do, best first. */
export const standardCompressions: ReadonlyMap<string, Compress> = new Map([
  ["gzip", (body) => compress(body, "gzip")],
  ["deflate", (body) => compress(body, "deflate")],
]);

/** The reply with its body compressed, where it is long enough, in the first way that the client understands. */
export async function compressReply(
  reply: Reply,
  request: RequestLike,
  threshold: number,
  compressions: ReadonlyMap<string, Compress> = standardCompressions,
): Promise<Reply> {
  const { body } = reply;
  if (body === undefined || body.length < threshold || reply.compress === false) return reply;
  // The app may have done it already.
  if (reply.headers["content-encoding"] !== undefined) return reply;
  const accepted = acceptedEncodings(request.headers.get("accept-encoding"));
  for (const [encoding, encode] of compressions) {
    if (!accepted.has(encoding)) continue;
    const headers = { ...reply.headers, "content-encoding": encoding };
    addVary(headers, "Accept-Encoding");
    return { ...reply, headers, body: await encode(typeof body === "string" ? new TextEncoder().encode(body) : body) };
  }
  return reply;
}

async function compress(body: Uint8Array, encoding: CompressionFormat): Promise<Uint8Array> {
  const stream = new Blob([body as BlobPart]).stream().pipeThrough(new CompressionStream(encoding));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** @internal The names in `Accept-Encoding` (RFC 9110, 12.5.3) that are not excluded by a weight of 0. */
export function acceptedEncodings(header: string | null): ReadonlySet<string> {
  const items = (header ?? "").split(",").map((item) => item.toLowerCase().split(";").map((part) => part.trim()));
  const accepted = items.filter(([, ...parameters]) => !parameters.some((it) => /^q=0(\.0*)?$/.test(it)));
  return new Set(accepted.map(([encoding]) => encoding!));
}

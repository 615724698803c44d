import { type Compress, compressReply, standardCompressions } from "../engine/compression.ts";
import { corsHeaders, decideCors } from "../engine/cors.ts";
import { keepSendable } from "../engine/sendable.ts";
import type { Reply, ReplyHeaders, RequestLike } from "../platform.ts";
import type { NamespaceParts } from "./parts.ts";

/** Where a runtime gets the browser client from. */
export interface ClientFiles {
  /** Version of the client package. */
  readonly version: string;
  /** The content of one of the files below, or `undefined` where it is missing. */
  read(name: string): Promise<Uint8Array | undefined>;
  /** Ways to compress beside gzip and deflate, by their names in `Accept-Encoding`. */
  readonly encodings?: ReadonlyMap<string, Compress>;
}

/** The same files, each read, and compressed in each way, once: they are few, and anybody may ask for them. */
export function readOnce(files: ClientFiles): ClientFiles {
  const contents = new Map<string, Promise<Uint8Array | undefined>>();
  const compressions = [...standardCompressions, ...(files.encodings ?? [])];
  return {
    get version() {
      return files.version;
    },
    read: (name) => once(contents, name, () => files.read(name)),
    encodings: new Map(compressions.map(([encoding, compress]) => [encoding, compressOnce(compress)])),
  };
}

function compressOnce(compress: Compress): Compress {
  const compressed = new Map<Uint8Array, Promise<Uint8Array>>();
  return (body) => once(compressed, body, () => compress(body));
}

/** What `make` has given for `key` before; where that failed, it may try again. */
function once<Key, Value>(made: Map<Key, Promise<Value>>, key: Key, make: () => Promise<Value>): Promise<Value> {
  const before = made.get(key);
  if (before !== undefined) return before;
  const value = make();
  made.set(key, value);
  value.catch(() => made.delete(key));
  return value;
}

const names = /^socket\.io(\.min|\.msgpack\.min|\.esm\.min)?\.js(\.map)?$/;

/** Whether `name`, the rest of a path, is a file of the browser client. */
export function isClientFile(name: string): boolean {
  return names.test(name);
}

/** What tells of failures of the app, and how long it may take. */
type Parts = Pick<NamespaceParts, "engineOptions" | "faults" | "schedule">;

/** Serves one file of the browser client; 404 where the runtime does not have it. Never rejects. */
export async function serveClientFile(files: ClientFiles | undefined, name: string, request: RequestLike, parts: Parts): Promise<Reply> {
  const shared = await crossOriginHeaders(request, parts);
  try {
    return await readClientFile(files, name, request, shared);
  } catch (error) {
    parts.faults.report(error, { phase: "client files" });
    return { status: 500, headers: shared };
  }
}

/** None where the app does not say, in time, whom it lets in: the file is everybody's. */
async function crossOriginHeaders(request: RequestLike, { engineOptions, faults, schedule }: Parts): Promise<ReplyHeaders> {
  const fail = (error: unknown): undefined => faults.report(error, { phase: "cors" }) as undefined;
  const decided = decideCors(engineOptions.cors, request, fail);
  const cors = await schedule.inTime(engineOptions.limits.middlewareTimeout, decided, "late" as const).catch(fail);
  if (cors === "late") void decided.catch(fail);
  const headers = cors === undefined || cors === "late" ? {} : corsHeaders(cors);
  keepSendable(headers, fail);
  return headers;
}

async function readClientFile(
  files: ClientFiles | undefined,
  name: string,
  request: RequestLike,
  shared: ReplyHeaders,
): Promise<Reply> {
  if (files === undefined) return { status: 404, headers: shared };
  const headers = {
    ...shared,
    "cache-control": "public, max-age=0",
    etag: `"${files.version}"`,
  };
  if (matchesTag(request.headers.get("if-none-match"), files.version)) return { status: 304, headers };
  const body = await files.read(name);
  if (body === undefined) return { status: 404, headers: shared };
  const type = name.endsWith(".map") ? "application/json" : "application/javascript";
  const reply = { status: 200, headers: { ...headers, "content-type": `${type}; charset=utf-8` }, body };
  return compressReply(reply, request, 0, files.encodings);
}

function matchesTag(header: string | null, version: string): boolean {
  return header === `"${version}"` || header === `W/"${version}"`;
}

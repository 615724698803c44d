/** HTTP by hand: one connection per request, nothing added, nothing followed. */
import { type IncomingMessage, request } from "node:http";

export interface Ask {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
  /** The body as UTF-8. */
  readonly text: string;
}

export function ask(url: string, { method = "GET", headers = {}, body }: Ask = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers, agent: false }, async (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("error", reject);
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
      const bytes = Buffer.concat(chunks);
      resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: bytes, text: bytes.toString() });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

import type { Reply } from "../../../src/platform.ts";
import { MemoryRequest } from "../../memory/request.ts";
import type { Cut, Cuttable, Line } from "./line.ts";
import type { Site } from "./site.ts";
import type { Frame } from "./web-socket.ts";

/** What a client asks over HTTP. */
export interface HttpAsk {
  readonly method: string;
  /** What stands after `?`. */
  readonly query: string;
  /** Of the session that it is for. */
  readonly sid: string | undefined;
  readonly body?: Frame;
  readonly headers?: Record<string, string>;
}

/** What came back. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: Frame;
}

/** Sends a request; `done` gets the answer, or `undefined` when the connection breaks. */
export function sendRequest(line: Line, site: Site, ask: HttpAsk, done: (answer: HttpAnswer | undefined) => void): Cuttable {
  const exchange = new HttpExchange(line, site, ask, done);
  exchange.start();
  return exchange;
}

/** One HTTP request: on its way, at the server, or answered. */
class HttpExchange implements Cuttable {
  readonly #line: Line;
  readonly #site: Site;
  readonly #ask: HttpAsk;
  readonly #done: (answer: HttpAnswer | undefined) => void;
  readonly #number: number;
  #stage: "going" | "served" | "returning" | "over" = "going";
  /** Whether the client is gone and the server does not know. */
  #vanished = false;
  #request: MemoryRequest | undefined;

  constructor(line: Line, site: Site, ask: HttpAsk, done: (answer: HttpAnswer | undefined) => void) {
    this.#line = line;
    this.#site = site;
    this.#ask = ask;
    this.#done = done;
    this.#number = site.nextExchange();
  }

  start(): void {
    this.#line.track(this);
    this.#line.path("up").send(() => this.#arrive());
  }

  cut(kind: Cut): void {
    const { stage, retry } = { stage: this.#stage, retry: this.#line.retriesPosts && this.#ask.method === "POST" };
    if (stage === "over") return;
    if (kind === "vanished" && stage === "served") return this.#vanish();
    this.#stage = "over";
    this.#line.forget(this);
    if (stage === "served" || (stage === "returning" && this.#tellsOfLostAnswers)) this.#abort();
    if (retry && stage !== "returning") sendRequest(this.#line, this.#site, this.#ask, this.#done);
    else this.#line.world.after(1, () => this.#done(undefined));
  }

  /** The client is gone, and the server hears of it much later. */
  #vanish(): void {
    this.#line.forget(this);
    this.#line.world.after(1, () => this.#done(undefined));
    this.#line.world.after(60_000, () => {
      if (this.#stage === "served") this.#abort();
      this.#stage = "over";
    });
    this.#vanished = true;
  }

  /** Where a process sleeps, nobody is told; and one that was cut off by the end of its process has nobody to tell. */
  get #tellsOfLostAnswers(): boolean {
    return !this.#site.manners.sleeps && this.#number % 2 === 0;
  }

  #abort(): void {
    this.#site.saw("exchangeAborted", { exchange: this.#number });
    this.#site.input(() => this.#request!.abort());
  }

  #arrive(): void {
    if (this.#stage !== "going") return;
    this.#stage = "served";
    const { method, query, sid, body, headers } = this.#ask;
    const url = `/socket.io/?${query}`;
    const isPost = method === "POST";
    const request = new MemoryRequest(url, { method, ...(headers && { headers }), ...(!isPost && body !== undefined && { body }) });
    this.#request = request;
    this.#site.input(() => this.#serve(request, sid));
    if (isPost) this.#sendBody(request, body ?? "");
    if (this.#line.idleCut !== Infinity && method === "GET") {
      this.#line.world.after(this.#line.idleCut, () => this.#cutIdle());
    }
  }

  #cutIdle(): void {
    if (this.#stage !== "served") return;
    this.#line.cuts += 1;
    this.cut("reset");
  }

  /** In one piece or in several, each of which arrives on its own. */
  #sendBody(request: MemoryRequest, body: Frame): void {
    const isSplit = body.length > 1 && this.#line.random.chance(0.4);
    if (!isSplit) return this.#site.input(() => void request.push(body).end());
    const path = this.#line.path("up");
    const length = Math.ceil(body.length / this.#line.random.between(2, 3));
    for (let at = 0; at < body.length; at += length) {
      path.send(() => this.#site.input(() => void request.push(body.slice(at, at + length))));
    }
    path.send(() => this.#site.input(() => void request.end()));
  }

  #serve(request: MemoryRequest, sid: string | undefined): void {
    const { method } = this.#ask;
    this.#site.saw("exchangeOpened", { exchange: this.#number, sid, method });
    this.#site.handle(request).then(
      (reply) => this.#answer(reply ?? { status: 404, headers: {} }),
      (error: unknown) => this.#site.threw(error),
    );
  }

  #answer(reply: Reply): void {
    this.#site.saw("exchangeAnswered", { exchange: this.#number, status: reply.status });
    if (this.#stage !== "served") return;
    // Short answers are taken by the system, whoever is there to get them.
    this.#stage = this.#vanished ? "over" : "returning";
    if (this.#vanished) return;
    const body = reply.body ?? "";
    this.#line.path("down").send(() => {
      if (this.#stage !== "returning") return;
      this.#stage = "over";
      this.#line.forget(this);
      this.#done({ status: reply.status, body });
    });
  }
}

import { sendRequest } from "../network/http.ts";
import type { Cuttable } from "../network/line.ts";
import type { Frame } from "../network/web-socket.ts";
import type { Browser } from "./browser.ts";

const DONE = 4;

/** A browser's XMLHttpRequest, over the simulated network. */
export class BrowserRequest {
  readyState = 0;
  status = 0;
  responseText = "";
  /** The client looks for it to see whether it may ask other origins. */
  withCredentials = false;
  onreadystatechange: (() => void) | undefined;
  readonly #browser: Browser;
  #method = "";
  #query = "";
  #exchange: Cuttable | undefined;

  constructor(browser: Browser) {
    this.#browser = browser;
  }

  open(method: string, url: string): void {
    this.#method = method;
    this.#query = url.slice(url.indexOf("?") + 1);
  }

  setRequestHeader(): void {}

  send(body: string | null): void {
    const { line, site, turn, messagesIn } = this.#browser;
    const sid = new URLSearchParams(this.#query).get("sid") ?? undefined;
    const items = sid !== undefined && body !== null ? messagesIn(sid, body) : [];
    const ask = { method: this.#method, query: this.#query, sid, ...(body !== null && { body }) };
    this.#exchange = sendRequest(line, site, ask, (answer) => {
      if (sid !== undefined && items.length > 0) site.saw(answer?.status === 200 ? "sendingTaken" : "sendingFailed", { sid, items });
      if (this.#exchange !== undefined) turn(() => this.#end(answer?.status ?? 0, answer?.body ?? ""));
    });
  }

  abort(): void {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    exchange?.cut("finished");
  }

  #end(status: number, body: Frame): void {
    if (typeof body !== "string") throw new Error("an answer of bytes where the client takes text");
    this.#exchange = undefined;
    this.status = status;
    this.responseText = body;
    this.readyState = DONE;
    this.onreadystatechange?.();
  }
}

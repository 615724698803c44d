import { type Frame, SimulatedWebSocket } from "../network/web-socket.ts";
import type { Browser } from "./browser.ts";

/** A browser's WebSocket, over the simulated network. */
export class BrowserWebSocket {
  onopen: (() => void) | undefined;
  onmessage: ((event: { readonly data: string | ArrayBuffer }) => void) | undefined;
  onerror: ((event: object) => void) | undefined;
  onclose: ((event: object) => void) | undefined;
  readonly #browser: Browser;
  readonly #query: string;
  readonly #ws: SimulatedWebSocket;
  #isAgreed = false;

  constructor(browser: Browser, url: string) {
    const { line, site, turn } = browser;
    this.#browser = browser;
    this.#query = url.slice(url.indexOf("?") + 1);
    this.#ws = new SimulatedWebSocket(line, site, this.#query, {
      open: () => turn(() => this.onopen?.()),
      message: (frame) => turn(() => this.#receive(frame)),
      close: (wasOpen) => turn(() => this.#closed(wasOpen)),
    });
  }

  send(data: Frame | ArrayBuffer): void {
    if (data === "5") this.#isAgreed = false;
    this.#ws.send(data instanceof ArrayBuffer ? new Uint8Array(data) : data);
  }

  close(): void {
    this.#ws.close();
  }

  #receive(frame: Frame): void {
    if (frame === "3probe") this.#isAgreed = true;
    this.onmessage?.({ data: typeof frame === "string" ? frame : Uint8Array.from(frame).buffer });
  }

  #closed(wasOpen: boolean): void {
    if (this.#isAgreed) this.#browser.stranded(new URLSearchParams(this.#query).get("sid") ?? "");
    if (!wasOpen) this.onerror?.({});
    this.onclose?.({});
  }
}

import { encodeBase64 } from "../../../src/wire/base64.ts";
import type { Line } from "../network/line.ts";
import type { Site } from "../network/site.ts";
import type { Random } from "../random.ts";
import { BrowserRequest } from "./browser-request.ts";
import { BrowserWebSocket } from "./browser-web-socket.ts";

/** What a browser has to do with. */
export interface Browser {
  readonly line: Line;
  readonly site: Site;
  readonly random: Random;
  /** Runs something of the page, with all its promise jobs. */
  turn(run: () => void): void;
  /** The messages of a client that the body of a POST completes. */
  messagesIn(sid: string, body: string): readonly number[];
  /** A WebSocket ended after the server had agreed to it, and before the client had switched to it. */
  stranded(sid: string): void;
}

/** What a page finds around it: the names that the released client uses, and nothing of the real platform behind the others. */
export function globalsOf(browser: Browser): Readonly<Record<string, unknown>> {
  return { ...timers(browser), ...clocks(browser), ...network(browser), ...files(browser), ...absent };
}

const absent = Object.fromEntries(
  [
    ["exports", "module", "define", "require", "process", "window", "document", "navigator", "location", "localStorage", "performance", "fetch"],
    ["setInterval", "setImmediate", "queueMicrotask", "addEventListener", "removeEventListener", "attachEvent", "WebTransport", "File"],
  ].flat().map((name) => [name, undefined]),
);

function timers({ line: { world }, turn }: Browser): object {
  const live = new Set<number>();
  let last = 0;
  return {
    setTimeout: (run: () => void, delay = 0) => {
      const timer = ++last;
      live.add(timer);
      world.after(Math.max(1, Math.trunc(delay)), () => live.delete(timer) && turn(run));
      return timer;
    },
    clearTimeout: (timer: number) => void live.delete(timer),
  };
}

function clocks({ line: { world }, random }: Browser): object {
  const now = (): number => 1_900_000_000_000 + world.now;
  class VirtualDate extends Date {
    static override now = now;

    constructor() {
      super(now());
    }
  }
  return { Date: VirtualDate, Math: Object.create(Math, { random: { value: () => random.word() / 2 ** 32 } }) as Math };
}

function network(browser: Browser): object {
  return {
    XMLHttpRequest: class extends BrowserRequest {
      constructor() {
        super(browser);
      }
    },
    WebSocket: class extends BrowserWebSocket {
      constructor(url: string) {
        super(browser, url);
      }
    },
  };
}

/** Over HTTP, the client sends bytes as the base64 that a reader of files makes of them, some time later. */
function files({ line: { world }, turn }: Browser): object {
  class Blob {
    readonly bytes: Uint8Array;

    constructor([bytes]: readonly [Uint8Array]) {
      this.bytes = bytes;
    }
  }
  class FileReader {
    result = "";
    onload: (() => void) | undefined;

    readAsDataURL({ bytes }: Blob): void {
      world.after(1, () => turn(() => {
        this.result = `data:;base64,${encodeBase64(bytes)}`;
        this.onload?.();
      }));
    }
  }
  return { Blob, FileReader };
}

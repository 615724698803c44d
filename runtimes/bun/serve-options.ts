import type { Engine } from "../../src/index.ts";
import { BunHub } from "./hub.ts";
import { OurSocket, type Publisher } from "./websocket.ts";

/** What the app gives `Bun.serve` for itself. */
export interface BunApp<Data, Paths extends string> {
  fetch?(request: Request, server: Bun.Server<Data>): Answer | Promise<Answer>;
  routes?: Bun.Serve.RoutesWithUpgrade<Data, Paths>;
  /** The listeners hear of the app's own WebSockets alone; the settings are one for all. */
  websocket?: Bun.WebSocketHandler<Data>;
}

/** What `Bun.serve` is given. */
export interface BunHandler<Data, Paths extends string> {
  fetch(request: Request, server: Bun.Server<Data>): Promise<Answer>;
  routes?: Bun.Serve.RoutesWithUpgrade<Data, Paths>;
  websocket: Bun.WebSocketHandler<Data>;
}

/** Nothing after an upgrade. */
type Answer = Response | undefined | void;

type EngineOptions = Engine["opts"];

/** Bun's own bounds: the app's WebSockets, where it has some, get no narrower ones. */
const BUN_LIMIT = 16_777_216;

/** How many times `maxBufferedBytes` a client may hold before the core finds that out: half of it goes past, counted in characters of up to three bytes. */
const SLACK = 3;

/** The largest number that the settings take. */
const LARGEST = 2 ** 32 - 1;

/** The listeners and settings for all WebSockets of a server: ours, and the app's where it has some. */
export function composeWebSocket<Data>(options: EngineOptions, app?: Bun.WebSocketHandler<Data>): Bun.WebSocketHandler<Data> {
  const compresses = (app?.perMessageDeflate ?? options.perMessageDeflate) !== false;
  const deflateThreshold = compresses ? options.deflateThreshold : Infinity;
  const hubOf = hubs(options, deflateThreshold, app);
  const ours = ({ data }: { data: unknown }): OurSocket | undefined => (data instanceof OurSocket ? data : undefined);
  return {
    ...settings(options, app === undefined),
    ...app,
    open(ws) {
      const socket = ours(ws);
      return socket === undefined ? app?.open?.(ws) : socket.open(ws, deflateThreshold, hubOf(socket.server));
    },
    message: (ws, data) => (ours(ws) ?? app)?.message?.(ws, data),
    drain: (ws) => (ours(ws) ?? app)?.drain?.(ws),
    close: (ws, code, reason) => (ours(ws) ?? app)?.close?.(ws, code, reason),
    ping: (ws, data) => void (ours(ws) ?? app?.ping?.(ws, data)),
    pong: (ws, data) => void (ours(ws) ?? app?.pong?.(ws, data)),
  };
}

/** The hub of each server. None where Bun might drop what is published before the core finds the client slow, or sends it to the sender too. */
function hubs<Data>({ limits }: EngineOptions, deflateThreshold: number, app?: Bun.WebSocketHandler<Data>): (server: Publisher) => BunHub | undefined {
  if (app?.backpressureLimit !== undefined || app?.publishToSelf === true || SLACK * limits.maxBufferedBytes > LARGEST) return () => undefined;
  const known = new WeakMap<Publisher, BunHub>();
  return (server) => {
    const present = known.get(server);
    if (present !== undefined) return present;
    const hub = new BunHub(server, deflateThreshold);
    known.set(server, hub);
    return hub;
  };
}

function settings({ maxHttpBufferSize, perMessageDeflate, limits }: EngineOptions, alone: boolean): Omit<Bun.WebSocketHandler<unknown>, "data"> {
  return {
    maxPayloadLength: Math.min(alone ? maxHttpBufferSize : Math.max(BUN_LIMIT, maxHttpBufferSize), LARGEST),
    backpressureLimit: Math.min(Math.max(BUN_LIMIT, SLACK * limits.maxBufferedBytes), LARGEST),
    perMessageDeflate: deflateOf(perMessageDeflate),
    // Dead clients are found by the core's own heartbeat.
    ...(alone && { idleTimeout: 0, sendPings: false }),
  };
}

/** Bun compresses nothing where it is given an object that says nothing to it, and knows no threshold. */
function deflateOf(option: EngineOptions["perMessageDeflate"]): boolean | object {
  if (typeof option !== "object") return option;
  const { threshold: _, ...others } = option as { threshold?: number };
  return Object.keys(others).length === 0 || others;
}

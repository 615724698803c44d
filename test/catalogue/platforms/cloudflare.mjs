/** The server under test on Cloudflare: an object in the object that runs the rows. */
import { SocketIO } from "../../../runtimes/cloudflare.ts";
import { Arrivals } from "./arrivals.mjs";

export const isOracle = false;

class Server extends SocketIO {
  options() {
    return servers.options;
  }

  onRequest() {
    return new Response("app", { status: 404 });
  }
}

/** The servers of the object, and who has which WebSocket. */
class Servers {
  options;
  #state;
  #env;
  #port;
  #running = [];
  #owners = new Map();

  start(state, env, port) {
    this.#state = state;
    this.#env = env;
    this.#port = port;
  }

  async listen(options) {
    this.options = options;
    const arrivals = new Arrivals();
    const waking = Promise.withResolvers();
    const state = this.#stateFor(() => entry.server, (wake) => wake().then(waking.resolve, waking.reject));
    const entry = { arrivals, server: undefined };
    entry.server = new Server(state, this.#env);
    await waking.promise;
    this.#running.push(entry);
    return {
      io: entry.server.io,
      port: this.#port,
      arrival: () => arrivals.next(),
      stop: async () => {
        await entry.server.io.close();
        this.#running.splice(this.#running.indexOf(entry), 1);
      },
    };
  }

  fetch(request) {
    const entry = this.#running.at(-1);
    entry.arrivals.come();
    return entry.server.fetch(request);
  }

  of(ws) {
    return this.#owners.get(ws)?.();
  }

  async alarm() {
    for (const { server } of this.#running) await server.alarm();
  }

  /** The object's state as a server of its own would have it: only its own WebSockets, and values that are its own. */
  #stateFor(server, blockConcurrencyWhile) {
    const state = this.#state;
    const owners = this.#owners;
    const own = { blockConcurrencyWhile, storage: storageOf(state.storage) };
    own.acceptWebSocket = (ws, tags) => {
      owners.set(ws, server);
      state.acceptWebSocket(ws, tags);
    };
    own.getWebSockets = () => [];
    own.setWebSocketAutoResponse = (pair) => state.setWebSocketAutoResponse(pair);
    own.getWebSocketAutoResponseTimestamp = (ws) => state.getWebSocketAutoResponseTimestamp(ws);
    own.waitUntil = (promise) => state.waitUntil(promise);
    return own;
  }
}

/** The object's storage with values of its own, which start empty; alarms are the object's. */
function storageOf(storage) {
  const values = new Map();
  const kv = {
    get: (key) => structuredClone(values.get(key)),
    put: (key, value) => void values.set(key, structuredClone(value)),
    delete: (key) => values.delete(key),
    *list({ prefix = "" } = {}) {
      for (const key of [...values.keys()].toSorted()) if (key.startsWith(prefix)) yield [key, kv.get(key)];
    },
  };
  return {
    kv,
    list: async (options) => new Map(kv.list(options)),
    get: async (key) => kv.get(key),
    put: async (key, value) => kv.put(key, value),
    delete: async (key) => kv.delete(key),
    getAlarm: () => storage.getAlarm(),
    setAlarm: (time) => storage.setAlarm(time),
    deleteAlarm: () => storage.deleteAlarm(),
  };
}

export const servers = new Servers();

export const listen = (options) => servers.listen(options);

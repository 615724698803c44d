import { show } from "../engine/option-checks.ts";

/** Names of older versions, of other ports, and of what is not offered: using one is an error that says what to write today. */

const options: Readonly<Record<string, string>> = {
  origins: "cors.origin or allowRequest",
  handlePreflightRequest: "cors",
  resource: "path",
  cookiePath: "cookie: { path }",
  cookieHttpOnly: "cookie: { httpOnly }",
  editHandshakeHeaders: 'io.engine.on("initial_headers", listener)',
  editResponseHeaders: 'io.engine.on("headers", listener)',
};

/** What `io.set(name, value)` took. */
const settings: Readonly<Record<string, string>> = {
  authorization: "io.use(middleware)",
  "browser client": "the option serveClient",
  "close timeout": "the option pingTimeout",
  "destroy buffer size": "the option maxHttpBufferSize",
  "destroy upgrade": "the option destroyUpgrade",
  "heartbeat interval": "the option pingInterval",
  "heartbeat timeout": "the option pingTimeout",
  "log level": "the variable DEBUG",
  logger: "the variable DEBUG",
  origins: "the option cors",
  resource: "the option path",
  store: "the option adapter",
};

/** Throws a `TypeError` for what was meant to be attached to. */
export function assertOptions(given: unknown): asserts given is object {
  if (typeof given === "object" && given !== null && !("listen" in given)) return;
  const got = typeof given === "object" && given !== null ? "an HTTP server" : show(given);
  const hint = typeof given === "string" || given === null ? "" : ". On Deno and Bun, io.handler() is handed to Deno.serve or Bun.serve";
  throw new TypeError(`Cannot make a server: expected options, got ${got}${hint}`);
}

/** Throws a `TypeError` for an option that is gone. */
export function refuseRetiredOptions(given: object): void {
  for (const [name, today] of Object.entries(options)) {
    if (name in given) throw new TypeError(`The option ${name} is gone: use ${today} instead`);
  }
  const { cookie } = given as { cookie?: unknown };
  if (typeof cookie === "string") throw new TypeError(`The option cookie takes no text any more: use { name: "${cookie}" } instead`);
}

/** Why `io.set(name)` cannot work. */
export function retiredSetting(name: string): TypeError {
  return new TypeError(`io.set() is gone: use ${settings[name] ?? `the option ${name}`} instead`);
}

/** Why `io.origins()` cannot work. */
export function retiredOrigins(): TypeError {
  return new TypeError("io.origins() is gone: use the option cors instead");
}

/** Why `io.attachApp()` cannot work. */
export function noUWebSockets(): TypeError {
  return new TypeError("io.attachApp() is not offered: run on Bun, or use io.attach() with a server of node:http");
}

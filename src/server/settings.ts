import type { Limits } from "../engine/limits.ts";
import { resolveEngineOptions } from "../engine/options.ts";
import type { Host } from "../platform.ts";
import { createJsonCodec } from "../wire/json-codec.ts";
import { type ResolvedServerOptions, type ServerOptions, checkSettings, resolveServerOptions, warnOfMistakes } from "./options.ts";
import { codecOf } from "./parser.ts";
import type { NamespaceParts } from "./parts.ts";
import { assertOptions } from "./retired.ts";

/** What follows from the options. */
export type InForce = Pick<NamespaceParts, "options" | "engineOptions" | "codec">;

/** What the app asked of one server, in the order of who wins: the server's methods, its constructor, `attach`. */
export class Settings {
  /** The constructor's. */
  readonly given: ServerOptions;
  readonly #host: Host;
  readonly #runtimeLimits: Partial<Limits> | undefined;
  #changed: { -readonly [Name in keyof ResolvedServerOptions]?: ResolvedServerOptions[Name] } = {};

  constructor(given: ServerOptions, host: Host, runtimeLimits: Partial<Limits> | undefined) {
    assertOptions(given);
    this.given = given;
    this.#host = host;
    this.#runtimeLimits = runtimeLimits;
  }

  /** Takes what a method of the server was given. */
  change(options: Partial<ResolvedServerOptions>): void {
    checkSettings(options);
    this.#changed = { ...this.#changed, ...options };
  }

  /** What is in force, with what `attach` was given. */
  resolve(attached: ServerOptions = {}): InForce {
    const asked: ServerOptions = { ...attached, ...this.given };
    // Whoever moves the server while attaching it knows where it was.
    if (attached.path) delete this.#changed.path;
    const options = { ...resolveServerOptions(asked), ...this.#changed };
    const engineOptions = resolveEngineOptions(asked, this.#runtimeLimits);
    warnOfMistakes(asked, engineOptions, this.#host);
    const { limits } = engineOptions;
    const codec = options.parser === undefined ? createJsonCodec(limits) : codecOf(options.parser, limits, this.#host);
    return { options, engineOptions, codec };
  }
}

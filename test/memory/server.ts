import { CoreServer, type DefaultEventsMap, type EventsMap, type ServerOptions, type ServerRuntime } from "../../src/index.ts";
import type { Service } from "./client.ts";
import { MemoryHost } from "./host.ts";

/** The runtime of the tests: a server without a network, in a world without a clock. */
export class MemoryServer<
  ListenEvents extends EventsMap = DefaultEventsMap,
  EmitEvents extends EventsMap = ListenEvents,
>
  extends CoreServer<ListenEvents, EmitEvents>
  implements Service
{
  readonly host: MemoryHost;

  constructor(options: ServerOptions = {}, runtime: Partial<ServerRuntime> & { readonly host?: MemoryHost } = {}) {
    const { host = new MemoryHost() } = runtime;
    super(options, { ...runtime, host });
    this.host = host;
  }

  /** Makes it serve again after `close`, as a runtime does when it attaches. */
  reopen(options: ServerOptions = {}): void {
    this.configure(options);
  }
}

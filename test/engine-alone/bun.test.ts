import { tcp } from "../conformance/hosts/tcp.ts";
import { start } from "../deno/program.ts";
import { describeEngine } from "./suite.ts";

describeEngine({ name: "Bun", network: tcp, start: () => start("bun", ["run", "test/bun/programs/engine.ts"]) });

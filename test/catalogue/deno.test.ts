import { differences } from "./differences.ts";
import { runIn } from "./elsewhere.ts";
import { describeReplay } from "./replayed.ts";

describeReplay("Deno", differences.deno, (differing) => runIn("deno", differing));

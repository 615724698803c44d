import { differences } from "./differences.ts";
import { runInWorkerd } from "./elsewhere.ts";
import { describeReplay } from "./replayed.ts";

describeReplay("Cloudflare", differences.cloudflare, runInWorkerd);

import { bun } from "./hosts/bun.ts";
import { defineConformance } from "./suite.ts";

defineConformance(bun);

import { deno } from "./hosts/deno.ts";
import { defineConformance } from "./suite.ts";

defineConformance(deno);

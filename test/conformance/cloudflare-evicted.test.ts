import { cloudflare } from "./hosts/cloudflare.ts";
import { defineConformance } from "./suite.ts";

defineConformance(cloudflare, "evicted between steps");

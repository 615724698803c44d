import { node } from "./hosts/node.ts";
import { defineConformance } from "./suite.ts";

defineConformance(node);

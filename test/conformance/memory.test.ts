import { installMemoryNetwork, memory } from "./hosts/memory.ts";
import { defineConformance } from "./suite.ts";

installMemoryNetwork();
defineConformance(memory);

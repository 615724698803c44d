import { defineEarlierClients } from "./earlier.ts";
import { bun } from "./hosts/bun.ts";

defineEarlierClients(bun);

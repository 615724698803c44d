import { defineEarlierClients } from "./earlier.ts";
import { node } from "./hosts/node.ts";

defineEarlierClients(node);

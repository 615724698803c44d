import { defineEarlierClients } from "./earlier.ts";
import { deno } from "./hosts/deno.ts";

defineEarlierClients(deno);

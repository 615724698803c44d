import { defineEarlierClients } from "./earlier.ts";
import { cloudflare } from "./hosts/cloudflare.ts";

defineEarlierClients(cloudflare);

import { defineClients } from "./clients.ts";

defineClients("bun", ["bun", "run"]);

import { defineClients } from "./clients.ts";

defineClients("deno", ["deno", "run", "--quiet", "--no-check", "--allow-net", "--allow-env", "--allow-read"]);

import { OLD_CLIENTS } from "./old-clients.ts";
import { defineScenarios, TRANSPORTS } from "./scenarios.ts";
import { loadSubject } from "./subject.ts";

const host = await loadSubject();
for (const library of OLD_CLIENTS) {
  for (const transports of TRANSPORTS) defineScenarios(host, library, transports);
}

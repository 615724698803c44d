import { io } from "socket.io-client";
import { defineScenarios, TRANSPORTS } from "./scenarios.ts";
import { loadSubject } from "./subject.ts";

const host = await loadSubject();
for (const transports of TRANSPORTS) defineScenarios(host, { version: "4.8.4", io, engineProtocol: 4, pollsAsciiOnly: false }, transports);

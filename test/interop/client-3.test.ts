import { io } from "socket.io-client-v3";
import { defineScenarios, TRANSPORTS } from "./scenarios.ts";
import { loadSubject } from "./subject.ts";

const host = await loadSubject();
for (const transports of TRANSPORTS) defineScenarios(host, { version: "3.1.3", io, engineProtocol: 4, pollsAsciiOnly: false }, transports);

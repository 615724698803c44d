/**
 * An app that touches every row of the server API and says what it sees.
 *
 * It is run once against released `socket.io` and once against this project; the two texts are compared line by line.
 */
import { broadcastSections } from "./broadcast.ts";
import { engineSections } from "./engine.ts";
import { handshakeSections } from "./handshake.ts";
import { namespaceSections } from "./namespace.ts";
import { oldClientsSections } from "./old-clients.ts";
import { packetsSections } from "./packets.ts";
import { pollingSections } from "./polling.ts";
import { remoteSections } from "./remote.ts";
import { serverSections } from "./server.ts";
import { servingSections } from "./serving.ts";
import { socketSections } from "./socket.ts";
import { type Section, type SocketIO, Stage } from "./stage.ts";

/** Far longer than any section needs, even on a busy machine. */
const SECTION_TIMEOUT_MS = 10_000;

const sections: readonly Section[] = [
  ...serverSections,
  ...servingSections,
  ...namespaceSections,
  ...handshakeSections,
  ...socketSections,
  ...packetsSections,
  ...broadcastSections,
  ...remoteSections,
  ...engineSections,
  ...pollingSections,
  ...oldClientsSections,
];

/** The trace of `library`; each section starts with a line `== <row>: <what>`. */
export async function runTrace(library: SocketIO, titles = /./): Promise<string[]> {
  const lines: string[] = [];
  for (const section of sections) {
    if (!titles.test(section.title)) continue;
    lines.push(`== ${section.title}`, ...(await runSection(library, section)));
  }
  return lines;
}

/** A section that fails or hangs says so in its own lines and spoils no other. */
async function runSection(library: SocketIO, section: Section): Promise<string[]> {
  const stage = new Stage(library);
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(() => resolve(stage.print("timeout")), SECTION_TIMEOUT_MS);
  });
  const run = section.run(stage).catch((error: Error) => stage.print(`failed ${error.message}`));
  await Promise.race([run, timeout]);
  clearTimeout(timer);
  stage.end();
  return stage.lines;
}

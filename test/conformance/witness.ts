/** How a socket ends, as the server sees it. */
import type { Socket as Client } from "socket.io-client";
import { within } from "./patience.ts";
import { ask, type Stage } from "./stage.ts";

export type Report = [what: string, reason: string, inRooms: boolean];

/** What the server reports of the end of a socket, in order, to whoever asks for it. */
export async function watch(stage: Stage, watcher: Client, id: string): Promise<() => Promise<Report[]>> {
  await stage.step();
  const reports: Report[] = [];
  const end = new Promise<Report[]>((resolve) => {
    watcher.on("watched", (...report: Report) => {
      reports.push(report);
      if (report[0] === "disconnect") resolve(reports);
    });
  });
  await ask(watcher, "watch", id);
  return () => within("the end of the socket", end);
}

/** The same, when there is one reason alone and the server says it in good order. */
export function endingFor(reason: string): Report[] {
  return [["disconnecting", reason, true], ["disconnect", reason, false]];
}

/** The form without `Bun.serve`. */
import { Server } from "../../../runtimes/bun.ts";
import { app } from "../../deno/programs/app.ts";

const io = new Server();
app(io);
process.stdin.on("end", () => process.exit()).resume();
// oxlint-disable-next-line import/no-default-export
export default { port: 0, ...io.handler() };

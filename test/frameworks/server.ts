/** The server that these tests put into frameworks. */
export { Engine, Server } from "../../runtimes/node.ts";

/** Version 3 has types, but its `exports` hide them. What the scenarios use is the same in version 4. */
declare module "socket.io-client-v3" {
  export { io } from "socket.io-client";
}

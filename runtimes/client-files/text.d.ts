/** What an import as text gives. */
declare module "socket.io-client/dist/socket.io.js" {
  const script: string;
  export default script;
}

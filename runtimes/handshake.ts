/** Whether a request asks for a WebSocket. Whether it asks correctly is for the platform to say. */
export function asksForWebSocket(request: Request): boolean {
  return request.headers.get("upgrade")?.toLowerCase() === "websocket";
}

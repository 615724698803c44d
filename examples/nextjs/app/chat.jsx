"use client";

import { useEffect, useState } from "react";
import { io } from "socket.io-client";

// Not on the server: there, nobody would chat.
const socket = typeof window === "undefined" ? undefined : io();

export function Chat() {
  const [status, setStatus] = useState("connecting");
  const [lines, setLines] = useState([]);

  useEffect(() => {
    const listeners = {
      connect: () => setStatus("connected"),
      disconnect: () => setStatus("disconnected"),
      said: ({ text }) => setLines((before) => [...before, text]),
    };
    for (const [event, listener] of Object.entries(listeners)) socket.on(event, listener);
    if (socket.connected) setStatus("connected");
    return () => {
      for (const [event, listener] of Object.entries(listeners)) socket.off(event, listener);
    };
  }, []);

  function say(event) {
    event.preventDefault();
    const form = event.target;
    socket.emit("say", new FormData(form).get("text"), () => form.reset());
  }

  return (
    <>
      <p id="status">{status}</p>
      <ul id="lines">
        {lines.map((line, index) => (
          <li key={index}>{line}</li>
        ))}
      </ul>
      <form onSubmit={say}>
        <input name="text" aria-label="Text" required />
        <button>Say</button>
      </form>
    </>
  );
}

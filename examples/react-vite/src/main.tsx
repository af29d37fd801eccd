import { CallboxClient, fromEnv } from "@callbox/client";
import { startMonitor } from "@callbox/client/monitor";
import { CallboxProvider } from "@callbox/client/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import "./style.css";

// First, so that it sees what goes wrong after it.
const monitor = startMonitor({ release: "1.0.0" }, import.meta.env);
const client = new CallboxClient(fromEnv(import.meta.env));
monitor.watch(client);

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <CallboxProvider client={client}>
      <App />
    </CallboxProvider>
  </StrictMode>,
);

import { fromEnv } from "@callbox/client";
import { CallboxProvider } from "@callbox/client/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import "./style.css";

const options = fromEnv(import.meta.env);

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <CallboxProvider options={options}>
      <App />
    </CallboxProvider>
  </StrictMode>,
);

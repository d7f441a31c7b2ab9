import React from "react";
import { createRoot } from "react-dom/client";
import { Parley, ParleyProvider } from "../client";
import "../ui/base.css";
import "../ui/chat.css";
import { fitViewport } from "../ui/viewport";
import { Dashboard } from "./Dashboard";
import "./dashboard.css";

const parley = new Parley({ id: "admin", role: "admin" });

fitViewport();
createRoot(document.getElementById("root")!).render(
  <ParleyProvider parley={parley}>
    <Dashboard />
  </ParleyProvider>,
);

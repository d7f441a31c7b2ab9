import React from "react";
import { createRoot } from "react-dom/client";
import { Keep, Parley, ParleyProvider, uuid } from "../client";
import "../ui/base.css";
import "../ui/chat.css";
import "./customer.css";
import { fitViewport } from "../ui/viewport";
import { CustomerPage } from "./CustomerPage";

/** The browser is the customer: its id is made once and remembered. */
function customerId(): string {
  const keep = new Keep();
  const kept = keep.read<string>("customer");
  if (typeof kept === "string" && kept !== "") return kept;
  const made = uuid();
  keep.write("customer", made);
  return made;
}

const parley = new Parley({ id: customerId(), role: "customer" });

fitViewport();
createRoot(document.getElementById("root")!).render(
  <ParleyProvider parley={parley}>
    <CustomerPage />
  </ParleyProvider>,
);

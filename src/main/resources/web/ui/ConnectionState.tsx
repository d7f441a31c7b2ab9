import React from "react";
import type { ConnectionState as State } from "../client";

const LABELS: Record<State, string> = {
  connecting: "Connecting…",
  live: "Connected",
  reconnecting: "Reconnecting…",
  offline: "No network",
  closed: "Disconnected",
};

const HINTS: Record<State, string> = {
  connecting: "",
  live: "Messages arrive as they are written.",
  reconnecting: "Nothing gets lost: what is missing arrives when the connection is back.",
  offline: "What you write is sent when the network is back.",
  closed: "",
};

/** Where the stream stands, in a word and a colour; changes are spoken. */
export function ConnectionState({ state }: { state: State }): React.JSX.Element {
  return (
    <span className="connection" data-state={state} role="status" title={HINTS[state]}>
      <span className="connection-dot" aria-hidden="true" />
      {LABELS[state]}
    </span>
  );
}
